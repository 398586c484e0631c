// Package serve is how a server of the tests serves: on a free loopback port, whose URL it prints on one line, until
// its standard input closes, so that it cannot outlive the test that holds the other end.
package serve

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

// UntilInputCloses returns nil where that is what ended it.
func UntilInputCloses(handler http.Handler) error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler}
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
