module fixwarden.test/registry

go 1.24.0

require (
	fixwarden.test/serve v0.0.0
	github.com/twmb/franz-go/pkg/sr v1.8.0
)

replace fixwarden.test/serve => ../serve
