// Toxiproxy for the tests: its HTTP interface, as serve has it.
package main

import (
	"fmt"
	"os"

	"fixwarden.test/serve"
	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func main() {
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	if err := serve.UntilInputCloses(proxies.Routes()); err != nil {
		fmt.Fprintln(os.Stderr, "toxiproxy:", err)
		os.Exit(1)
	}
}
