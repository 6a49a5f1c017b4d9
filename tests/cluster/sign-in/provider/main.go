// An OpenID Connect provider for the browser tests: a certified implementation over TLS, with the client and the users that
// it is told, all in memory. Whoever it is told of signs in with the password in the file of users.
package main

import (
	"flag"
	"log"
	"log/slog"
	"net/http"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	listen := flag.String("listen", "", "address, which is also the issuer's")
	certificate := flag.String("certificate", "", "file with the certificate")
	key := flag.String("key", "", "file with its key")
	users := flag.String("users", "", "file with the users, as JSON")
	client := flag.String("client", "", "id of the client")
	secret := flag.String("secret", "", "secret of the client")
	redirect := flag.String("redirect", "", "address that the client is sent back to")
	flag.Parse()

	storage.RegisterClients(storage.WebClient(*client, *secret, *redirect))
	store, err := storage.StoreFromFile(*users)
	if err != nil {
		log.Fatal(err)
	}
	issuer := "https://" + *listen
	router := exampleop.SetupServer(issuer, storage.NewStorage(store), slog.Default(), false)
	log.Print("serving ", issuer)
	log.Fatal(http.ListenAndServeTLS(*listen, *certificate, *key, router))
}
