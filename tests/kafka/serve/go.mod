module fixwarden.test/serve

go 1.24.0
