// A Confluent schema registry for the tests: franz-go's srfake, as serve has it.
//
// srfake calls every schema compatible; -refuse plays the registry that says no.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path"

	"fixwarden.test/serve"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// A refusal is the body of an answer as Confluent's registry words it.
type refusal struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

var refusals = map[int]refusal{
	http.StatusUnauthorized:        {40101, "Unauthorized"},
	http.StatusForbidden:           {40301, "User is denied operation Write on this server."},
	http.StatusConflict:            {409, "Schema being registered is incompatible with an earlier schema for the subject"},
	http.StatusUnprocessableEntity: {42201, "Input schema is an invalid Avro schema"},
	http.StatusInternalServerError: {50001, "Error in the backend data store"},
}

func main() {
	refuse := flag.Int("refuse", 0, "answer every registration with this HTTP status: 401, 403, 409, 422 or 500")
	flag.Parse()
	if err := run(*refuse); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
}

func run(refuse int) error {
	registry := srfake.NewRegistry()
	if refuse != 0 {
		answer, known := refusals[refuse]
		if !known {
			return fmt.Errorf("-refuse %d: not a status that a registry refuses with", refuse)
		}
		registry.Intercept(refuser(refuse, answer))
	}
	return serve.UntilInputCloses(registry.Handler())
}

// refuser answers registrations (POST /subjects/SUBJECT/versions) and lets everything else through.
func refuser(status int, answer refusal) srfake.Interceptor {
	return func(w http.ResponseWriter, r *http.Request) bool {
		registers, _ := path.Match("/subjects/*/versions", r.URL.Path)
		if r.Method != http.MethodPost || !registers {
			return false
		}
		w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(answer)
		return true
	}
}
