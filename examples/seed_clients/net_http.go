// Go: the five fields, encoded by net/url, sent by net/http. Ends with status 0 if a token came back.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// client trusts the authority in JWTAUTH_CA_FILE, if there is one.
func client() *http.Client {
	file := os.Getenv("JWTAUTH_CA_FILE")
	if file == "" {
		return &http.Client{}
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(pem)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}}}
}

func main() {
	form := url.Values{
		"grant_type":            {"authorization_code"},
		"code":                  {os.Getenv("JWTAUTH_CODE")},
		"redirect_uri":          {os.Getenv("JWTAUTH_REDIRECT_URI")},
		"client_assertion":      {os.Getenv("JWTAUTH_CLIENT_ASSERTION")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
	request, err := http.NewRequest("POST", os.Getenv("JWTAUTH_TOKEN_ENDPOINT"), strings.NewReader(form.Encode()))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client().Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(text, &tokens) != nil || tokens.AccessToken == "" {
		log.Fatalf("refused: %s %s", answer.Status, text)
	}
	fmt.Println("got an access token")
}
