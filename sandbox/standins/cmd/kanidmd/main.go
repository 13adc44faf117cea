// Command kanidmd is a stand-in for Kanidm in nixmon's sandbox: it reads the real server.toml and provisioning state
// and plays the OpenID provider with Kanidm's rules for redirects, scopes, PKCE and claims. It is not Kanidm.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

func main() {
	tool := standin.New("kanidmd", "Kanidm")
	usage := tool.Banner() + `

Usage:
  kanidmd server [-c FILE] [--provision FILE] [--passwords FILE] [--tokens FILE]
  kanidmd configtest [-c FILE] [--provision FILE]
  kanidmd cert-generate [-c FILE]

The provisioning file, also by KANIDMD_PROVISION, is kanidm-provision's JSON state; where neither is given it is the
provision.json beside the configuration, if there is one. SIGHUP reads it again.

Kanidm keeps passwords and API tokens in its database; the stand-in reads them from files of lines with two words each:
--passwords has PERSON PASSWORD, --tokens has TOKEN readwrite|readonly|none (what the service account may do with OAuth2
clients). Default: standin-passwords and standin-tokens beside the database, where they are.
`
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(1)
	}
	command := os.Args[1]
	switch command {
	case "server", "configtest", "cert-generate":
	case "version", "--version", "-V":
		fmt.Println(tool.Banner())
		return
	case "help", "--help", "-h":
		fmt.Print(usage)
		return
	default:
		tool.Fatal("start", fmt.Errorf("unrecognized subcommand %q; wanted server, configtest or cert-generate", command))
	}
	flags := flag.NewFlagSet("kanidmd "+command, flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	path := flags.String("c", "/etc/kanidm/server.toml", "configuration file")
	flags.StringVar(path, "config-path", *path, "configuration file")
	provision := flags.String("provision", os.Getenv("KANIDMD_PROVISION"), "provisioning state, JSON")
	passwords := flags.String("passwords", "", "passwords of persons")
	tokens := flags.String("tokens", "", "API tokens of service accounts")
	if err := flags.Parse(os.Args[2:]); err == flag.ErrHelp {
		return
	} else if err != nil {
		os.Exit(1)
	}
	tool.Log("info", "starting", "program", tool.Banner())
	config, err := LoadConfig(*path)
	if err != nil {
		tool.Fatal("failed to read the configuration", err)
	}
	if command == "cert-generate" {
		if err := generate(config); err != nil {
			tool.Fatal("cert-generate", err)
		}
		tool.Log("info", "wrote a self-signed certificate", "chain", config.TLSChain, "key", config.TLSKey)
		return
	}
	if beside := filepath.Join(filepath.Dir(*path), "provision.json"); *provision == "" && exists(beside) {
		*provision = beside
	}
	state, err := LoadProvision(*provision)
	if err != nil {
		tool.Fatal("failed to provision", err)
	}
	k := &Kanidm{tool: tool, config: config, state: state, now: time.Now}
	if err := k.readCredentials(*passwords, *tokens); err != nil {
		tool.Fatal("failed to read the credentials", err)
	}
	if command == "configtest" {
		tool.Log("info", "configuration is valid")
		return
	}
	cert, selfSigned, err := config.certificate()
	if err != nil {
		tool.Fatal("failed to load the certificate", err)
	}
	if selfSigned {
		tool.Log("warn", "no file at tls_chain and tls_key: serving a self-signed certificate")
	}
	reload := func() {
		fresh, err := LoadProvision(*provision)
		if err != nil {
			tool.Log("error", "provisioning state refused, the old one stays", "err", err)
			return
		}
		k.Replace(fresh)
		k.mu.Lock()
		defer k.mu.Unlock()
		if err := k.readCredentials(*passwords, *tokens); err != nil {
			tool.Log("error", "credentials refused", "err", err)
		}
		tool.Log("info", "provisioning state read again")
	}
	if err := tool.Serve(k.Handler(), &tls.Config{Certificates: []tls.Certificate{cert}}, reload, config.BindAddress...); err != nil {
		tool.Fatal("serve", err)
	}
}

// generate writes a self-signed certificate to the paths of server.toml; it overwrites nothing.
func generate(config *Config) error {
	if config.TLSChain == "" {
		return fmt.Errorf("tls_chain and tls_key are not set")
	}
	for _, path := range []string{config.TLSChain, config.TLSKey} {
		if exists(path) {
			return fmt.Errorf("%s is there already", path)
		}
	}
	chain, key, err := config.selfSign()
	if err != nil {
		return err
	}
	if err := os.WriteFile(config.TLSKey, key, 0o600); err != nil {
		return err
	}
	return os.WriteFile(config.TLSChain, chain, 0o644)
}
