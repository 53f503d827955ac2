// The service that one would write in an afternoon: a TLS handshake verified by Go's own library, for each request.
//
//	verify CA.pem
//
// prints the port that it listens on, on 127.0.0.1, and answers GET /verify?host=NAME&address=ADDRESS:PORT.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

type verdict struct {
	OK       bool      `json:"ok"`
	Error    string    `json:"error,omitempty"`
	Version  uint16    `json:"version,omitempty"`
	Cipher   string    `json:"cipher,omitempty"`
	NotAfter time.Time `json:"not_after,omitempty"`
	Subjects []string  `json:"subjects,omitempty"`
}

func verify(address, host string, roots *x509.CertPool) verdict {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	connection, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{RootCAs: roots, ServerName: host})
	if err != nil {
		return verdict{Error: err.Error()}
	}
	defer connection.Close()
	state := connection.ConnectionState()
	answer := verdict{
		OK:       true,
		Version:  state.Version,
		Cipher:   tls.CipherSuiteName(state.CipherSuite),
		NotAfter: state.PeerCertificates[0].NotAfter,
	}
	for _, certificate := range state.VerifiedChains[0] {
		answer.Subjects = append(answer.Subjects, certificate.Subject.String())
	}
	return answer
}

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatal("no certificate in the CA file")
	}
	http.HandleFunc("/verify", func(writer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		writer.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(writer).Encode(verify(query.Get("address"), query.Get("host"), roots))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
