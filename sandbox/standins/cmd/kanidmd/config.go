package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
)

// Config is server.toml as services.kanidm.server.settings writes it.
type Config struct {
	Version         string         `toml:"version"`
	BindAddress     addresses      `toml:"bindaddress"`
	LDAPBindAddress any            `toml:"ldapbindaddress"`
	AdminBindPath   string         `toml:"adminbindpath"`
	Domain          string         `toml:"domain"`
	Origin          string         `toml:"origin"`
	TLSChain        string         `toml:"tls_chain"`
	TLSKey          string         `toml:"tls_key"`
	TLSClientCA     string         `toml:"tls_client_ca"`
	DBPath          string         `toml:"db_path"`
	DBFSType        string         `toml:"db_fs_type"`
	DBArcSize       int            `toml:"db_arc_size"`
	LogLevel        string         `toml:"log_level"`
	Role            string         `toml:"role"`
	OnlineBackup    map[string]any `toml:"online_backup"`
	TrustForwarded  bool           `toml:"trust_x_forward_for"`
	ClientAddress   any            `toml:"http_client_address_info"`
	LDAPClientInfo  any            `toml:"ldap_client_address_info"`
	OTelURL         string         `toml:"otel_grpc_url"`
	Replication     map[string]any `toml:"replication"`
	MigrationPath   string         `toml:"migration_path"`
}

// addresses is one address, or a list as newer versions take it.
type addresses []string

// UnmarshalTOML takes both forms.
func (a *addresses) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case string:
		*a = addresses{v}
		return nil
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return errors.New("bindaddress: wanted text")
			}
			*a = append(*a, text)
		}
		return nil
	}
	return errors.New("bindaddress: wanted an address or a list of addresses")
}

// LoadConfig reads server.toml and refuses what Kanidm refuses.
func LoadConfig(path string) (*Config, error) {
	c := &Config{BindAddress: addresses{"127.0.0.1:8443"}}
	meta, err := toml.DecodeFile(path, c)
	if err != nil {
		return nil, fmt.Errorf("failed to parse configuration %s: %w", path, err)
	}
	var problems []error
	for _, key := range meta.Undecoded() {
		if len(key) == 1 {
			problems = append(problems, fmt.Errorf("%s: unknown field `%s`", path, key))
		}
	}
	if c.Domain == "" {
		problems = append(problems, fmt.Errorf("%s: domain is missing", path))
	}
	origin, err := url.Parse(c.Origin)
	switch {
	case c.Origin == "" || err != nil || origin.Host == "":
		problems = append(problems, fmt.Errorf("%s: origin is %q, wanted https://NAME", path, c.Origin))
	case origin.Scheme != "https":
		problems = append(problems, fmt.Errorf("%s: origin is %q, but it must be https", path, c.Origin))
	case origin.Hostname() != c.Domain && !strings.HasSuffix(origin.Hostname(), "."+c.Domain):
		problems = append(problems, fmt.Errorf("%s: origin %s is not within domain %s", path, c.Origin, c.Domain))
	}
	if (c.TLSChain == "") != (c.TLSKey == "") {
		problems = append(problems, fmt.Errorf("%s: of tls_chain and tls_key only one is set, wanted both", path))
	}
	if c.Role != "" && !strings.Contains(" WriteReplica WriteReplicaNoUI ReadOnlyReplica ", " "+c.Role+" ") {
		problems = append(problems, fmt.Errorf("%s: unknown role %q", path, c.Role))
	}
	c.Origin = strings.TrimSuffix(c.Origin, "/")
	return c, errors.Join(problems...)
}

// Provision is the state file of kanidm-provision, which NixOS makes of services.kanidm.provision.
type Provision struct {
	Groups  map[string]*Group  `json:"groups"`
	Persons map[string]*Person `json:"persons"`
	Systems struct {
		OAuth2 map[string]*Client `json:"oauth2"`
	} `json:"systems"`
}

// Group has persons and groups as members.
type Group struct {
	Present *bool    `json:"present"`
	Members []string `json:"members"`
}

// Person is a user.
type Person struct {
	Present       *bool    `json:"present"`
	DisplayName   string   `json:"displayName"`
	LegalName     string   `json:"legalName"`
	MailAddresses []string `json:"mailAddresses"`
	Groups        []string `json:"groups"`
}

// Client is one OAuth2 resource server.
type Client struct {
	Present             *bool                `json:"present"`
	Public              bool                 `json:"public"`
	DisplayName         string               `json:"displayName"`
	OriginURL           texts                `json:"originUrl"`
	OriginLanding       string               `json:"originLanding"`
	BasicSecretFile     string               `json:"basicSecretFile"`
	ScopeMaps           map[string][]string  `json:"scopeMaps"`
	SupplementaryScopes map[string][]string  `json:"supplementaryScopeMaps"`
	ClaimMaps           map[string]*ClaimMap `json:"claimMaps"`
	PreferShortUsername bool                 `json:"preferShortUsername"`
	InsecureNoPKCE      bool                 `json:"allowInsecureClientDisablePkce"`

	secret      string
	key         *signer
	description string
	byAPI       bool // made at the REST endpoints, not by provisioning
}

// ClaimMap gives an extra claim by group.
type ClaimMap struct {
	JoinType      string              `json:"joinType"`
	ValuesByGroup map[string][]string `json:"valuesByGroup"`
}

type texts []string

// UnmarshalJSON takes one text or a list.
func (t *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	err := json.Unmarshal(raw, &many)
	*t = many
	return err
}

func present(flag *bool) bool { return flag == nil || *flag }

// LoadProvision reads the state file and the secrets that it names, and refuses what provisioning refuses.
func LoadProvision(path string) (*Provision, error) {
	p := &Provision{}
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, p); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if p.Groups == nil {
		p.Groups = map[string]*Group{}
	}
	var problems []error
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for name, group := range p.Groups {
		if !present(group.Present) {
			delete(p.Groups, name)
		}
	}
	for name, person := range p.Persons {
		if !present(person.Present) {
			delete(p.Persons, name)
			continue
		}
		if person.DisplayName == "" {
			refuse("persons.%s.displayName: missing", name)
		}
		for _, group := range person.Groups {
			if p.Groups[group] == nil {
				refuse("persons.%s.groups: group %s is not in groups", name, group)
			}
		}
	}
	for name, client := range p.Systems.OAuth2 {
		if !present(client.Present) {
			delete(p.Systems.OAuth2, name)
			continue
		}
		problems = append(problems, p.check("systems.oauth2."+name, client)...)
	}
	return p, errors.Join(problems...)
}

func (p *Provision) check(where string, c *Client) (problems []error) {
	refuse := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(where+format, args...))
	}
	if c.DisplayName == "" {
		refuse(".displayName: missing")
	}
	if landing, err := url.Parse(c.OriginLanding); err != nil || landing.Host == "" {
		refuse(".originLanding: %q, wanted a URL", c.OriginLanding)
	}
	if len(c.OriginURL) == 0 {
		refuse(".originUrl: missing")
	}
	for _, address := range c.OriginURL {
		if parsed, err := url.Parse(address); err != nil || parsed.Host == "" {
			refuse(".originUrl: %q, wanted a URL", address)
		}
	}
	known := func(option, group string) {
		if p.Groups[group] == nil {
			refuse(".%s: group %s is not in groups", option, group)
		}
	}
	for group, scopes := range c.ScopeMaps {
		known("scopeMaps", group)
		if len(scopes) == 0 {
			refuse(".scopeMaps.%s: no scope", group)
		}
	}
	for group := range c.SupplementaryScopes {
		known("supplementaryScopeMaps", group)
	}
	for claim, claimMap := range c.ClaimMaps {
		if claimMap.JoinType == "" {
			claimMap.JoinType = "array"
		}
		if !strings.Contains(" array csv ssv ", " "+claimMap.JoinType+" ") {
			refuse(".claimMaps.%s.joinType: %q, wanted array, csv or ssv", claim, claimMap.JoinType)
		}
		for group := range claimMap.ValuesByGroup {
			known("claimMaps."+claim, group)
		}
	}
	if c.key, _ = newSigner(); c.Public {
		return problems
	}
	if c.BasicSecretFile == "" {
		c.secret = random()
		return problems
	}
	secret, err := os.ReadFile(c.BasicSecretFile)
	if err != nil {
		refuse(".basicSecretFile: %v", err)
	}
	if c.secret = strings.TrimSpace(string(secret)); c.secret == "" {
		refuse(".basicSecretFile: %s is empty", c.BasicSecretFile)
	}
	return problems
}
