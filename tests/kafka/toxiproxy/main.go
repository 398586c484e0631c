// Toxiproxy for the tests: its HTTP interface on a free loopback port.
//
// It prints its URL on one line and serves until its standard input closes, so it cannot outlive the test that
// holds the other end.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "toxiproxy:", err)
		os.Exit(1)
	}
}

func run() error {
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: proxies.Routes()}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		server.Close()
	}()
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}
