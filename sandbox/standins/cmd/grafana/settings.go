package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/jmespath/go-jmespath"
	"gopkg.in/ini.v1"
)

// Settings is the part of grafana.ini that the stand-in acts on.
type Settings struct {
	Addr, RootURL                  string
	Port                           int
	Provisioning                   string
	AdminUser, AdminPassword       string
	DisableLoginForm, CookieSecure bool
	AnonymousRole                  string // "" where anonymous access is off
	DefaultRole                    string
	OAuth                          OAuth
}

// OAuth is the section auth.generic_oauth.
type OAuth struct {
	Enabled, UsePKCE, AllowSignUp, AutoLogin, StrictRole, GrafanaAdmin, SkipRoleSync, SkipTLSVerify bool

	Name, ClientID, ClientSecret, AuthURL, TokenURL, APIURL, CAFile string
	LoginPath, NamePath, EmailPath, GroupsPath, RolePath            string
	Scopes, AllowedGroups, AllowedDomains                           []string
}

var reference = regexp.MustCompile(`\$__(file|env)\{([^}]*)\}|\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces $__file{PATH}, $__env{NAME} and ${NAME} as Grafana does. An unreadable file is an error.
func expand(text string) (string, error) {
	var problem error
	result := reference.ReplaceAllStringFunc(text, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		switch parts[1] {
		case "file":
			content, err := os.ReadFile(strings.TrimSpace(parts[2]))
			if err != nil {
				problem = fmt.Errorf("got error while expanding with expander file: %w", err)
			}
			return strings.TrimSpace(string(content))
		case "env":
			return os.Getenv(parts[2])
		}
		return os.Getenv(parts[3])
	})
	return result, problem
}

type reader struct {
	file      *ini.File
	overrides map[string]string
	problems  []error
}

// text gives a setting after environment (GF_SECTION_KEY), cfg: arguments and expansion.
func (r *reader) text(section, key, fallback string) string {
	value := fallback
	if r.file.Section(section).HasKey(key) {
		value = r.file.Section(section).Key(key).Value()
	}
	name := "GF_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(section)) + "_" + strings.ToUpper(key)
	if section == "" {
		name = "GF_DEFAULT_" + strings.ToUpper(key)
	}
	if given, found := os.LookupEnv(name); found {
		value = given
	}
	if given, found := r.overrides[section+"."+key]; found {
		value = given
	}
	expanded, err := expand(value)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s.%s: %w", section, key, err))
	}
	return expanded
}

func (r *reader) flag(section, key string, fallback bool) bool {
	text := r.text(section, key, strconv.FormatBool(fallback))
	value, err := strconv.ParseBool(text)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("%s.%s: %q, wanted true or false", section, key, text))
	}
	return value
}

// list splits at commas or spaces, as Grafana does for scopes and groups.
func list(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' })
}

// LoadSettings reads grafana.ini and refuses what Grafana refuses.
func LoadSettings(path, home string, overrides map[string]string) (*Settings, error) {
	file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, path)
	if err != nil {
		return nil, fmt.Errorf("failed to parse %q: %w", path, err)
	}
	r := &reader{file: file, overrides: overrides}
	// Every value is expanded, also those without use here: Grafana stops at any file that it cannot read.
	for _, section := range file.Sections() {
		for _, key := range section.Keys() {
			if name := section.Name(); name != ini.DefaultSection {
				if _, err := expand(key.Value()); err != nil {
					r.problems = append(r.problems, fmt.Errorf("%s.%s: %w", name, key.Name(), err))
				}
			}
		}
	}
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	s := &Settings{
		Addr:             r.text("server", "http_addr", ""),
		AdminUser:        r.text("security", "admin_user", "admin"),
		AdminPassword:    r.text("security", "admin_password", "admin"),
		DisableLoginForm: r.flag("auth", "disable_login_form", false),
		CookieSecure:     r.flag("security", "cookie_secure", false),
		DefaultRole:      r.text("users", "auto_assign_org_role", "Viewer"),
		Provisioning:     r.text("paths", "provisioning", filepath.Join("conf", "provisioning")),
	}
	if !filepath.IsAbs(s.Provisioning) {
		s.Provisioning = filepath.Join(home, s.Provisioning)
	}
	port := r.text("server", "http_port", "3000")
	if s.Port, err = strconv.Atoi(port); err != nil || s.Port < 1 || s.Port > 65535 {
		r.problems = append(r.problems, fmt.Errorf("server.http_port: %q is no port", port))
	}
	if protocol := r.text("server", "protocol", "http"); protocol != "http" {
		r.problems = append(r.problems, fmt.Errorf("server.protocol: %q, but this stand-in serves http only", protocol))
	}
	domain := r.text("server", "domain", "localhost")
	s.RootURL = strings.NewReplacer("%(protocol)s", "http", "%(domain)s", domain, "%(http_port)s", port).
		Replace(r.text("server", "root_url", "%(protocol)s://%(domain)s:%(http_port)s/"))
	if root, err := url.Parse(s.RootURL); err != nil || root.Host == "" {
		r.problems = append(r.problems, fmt.Errorf("server.root_url: %q, wanted a full URL", s.RootURL))
	}
	s.RootURL = strings.TrimSuffix(s.RootURL, "/") + "/"
	if r.text("security", "secret_key", "") == "" {
		r.problems = append(r.problems, errors.New("security.secret_key: missing or empty; it has no default"))
	}
	if r.flag("auth.anonymous", "enabled", false) {
		s.AnonymousRole = r.text("auth.anonymous", "org_role", "Viewer")
	}
	s.OAuth = r.oauth()
	return s, errors.Join(r.problems...)
}

func (r *reader) oauth() OAuth {
	const section = "auth.generic_oauth"
	text := func(key string) string { return r.text(section, key, "") }
	flag := func(key string, fallback bool) bool { return r.flag(section, key, fallback) }
	o := OAuth{
		Enabled: flag("enabled", false), UsePKCE: flag("use_pkce", false), AllowSignUp: flag("allow_sign_up", true),
		AutoLogin: flag("auto_login", false), StrictRole: flag("role_attribute_strict", false),
		GrafanaAdmin: flag("allow_assign_grafana_admin", false), SkipRoleSync: flag("skip_org_role_sync", false),
		SkipTLSVerify: flag("tls_skip_verify_insecure", false), Name: r.text(section, "name", "OAuth"),
		ClientID: text("client_id"), ClientSecret: text("client_secret"), AuthURL: text("auth_url"), TokenURL: text("token_url"),
		APIURL: text("api_url"), CAFile: text("tls_client_ca"), LoginPath: text("login_attribute_path"),
		NamePath: text("name_attribute_path"), EmailPath: text("email_attribute_path"), GroupsPath: text("groups_attribute_path"),
		RolePath: text("role_attribute_path"), Scopes: list(r.text(section, "scopes", "user:email")),
		AllowedGroups: list(text("allowed_groups")), AllowedDomains: list(text("allowed_domains")),
	}
	if !o.Enabled {
		return o
	}
	for key, value := range map[string]string{"client_id": o.ClientID, "auth_url": o.AuthURL, "token_url": o.TokenURL} {
		if value == "" {
			r.problems = append(r.problems, fmt.Errorf("%s.%s: missing, but the section is enabled", section, key))
		}
	}
	for key, value := range map[string]string{"auth_url": o.AuthURL, "token_url": o.TokenURL, "api_url": o.APIURL} {
		if parsed, err := url.Parse(value); value != "" && (err != nil || parsed.Host == "") {
			r.problems = append(r.problems, fmt.Errorf("%s.%s: %q, wanted a full URL", section, key, value))
		}
	}
	for key, value := range map[string]string{"role_attribute_path": o.RolePath, "login_attribute_path": o.LoginPath, "name_attribute_path": o.NamePath, "groups_attribute_path": o.GroupsPath} {
		if value == "" {
			continue
		}
		if _, err := jmespath.Compile(value); err != nil {
			r.problems = append(r.problems, fmt.Errorf("%s.%s: no JMESPath: %w", section, key, err))
		}
	}
	if o.SkipRoleSync && o.GrafanaAdmin {
		r.problems = append(r.problems, fmt.Errorf("%s: allow_assign_grafana_admin and skip_org_role_sync are both set; wanted at most one", section))
	}
	return o
}
