package main

import (
	"fmt"
	"os"
	"strings"
)

// right is what a service account may do with OAuth2 clients.
type right string

const (
	readWrite right = "readwrite" // in idm_oauth2_admins, with a token that may write
	readOnly  right = "readonly"  // in idm_oauth2_admins, with a token that may not
	noRight   right = "none"      // a valid token of somebody else: to it there are no clients
)

// readCredentials fills in what Kanidm keeps in its database. A file that is named must be there; a default one may be missing.
func (k *Kanidm) readCredentials(passwords, tokens string) error {
	k.passwords, k.accounts = map[string]string{}, map[string]right{}
	if err := k.eachPair(passwords, "standin-passwords", func(person, password string) error {
		k.passwords[person] = password
		return nil
	}); err != nil {
		return err
	}
	return k.eachPair(tokens, "standin-tokens", func(token, may string) error {
		if may != string(readWrite) && may != string(readOnly) && may != string(noRight) {
			return fmt.Errorf("right %q, wanted readwrite, readonly or none", may)
		}
		k.accounts[token] = right(may)
		return nil
	})
}

func (k *Kanidm) eachPair(path, byDefault string, take func(first, second string) error) error {
	if path == "" {
		if path = k.config.beside(byDefault); !exists(path) {
			return nil
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for number, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		words := strings.Fields(line)
		if len(words) != 2 {
			// the line itself is a secret
			return fmt.Errorf("%s:%d: %d words, wanted two", path, number+1, len(words))
		}
		if err := take(words[0], words[1]); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number+1, err)
		}
	}
	return nil
}
