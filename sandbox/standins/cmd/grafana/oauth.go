package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jmespath/go-jmespath"
)

// User is somebody who is logged in.
type User struct {
	Login        string `json:"login"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Role         string `json:"orgRole"`
	GrafanaAdmin bool   `json:"isGrafanaAdmin"`
}

func random() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Begin gives the address at the identity provider, and what the callback must bring or needs.
func (o *OAuth) Begin(root string) (address, state, verifier string) {
	state, verifier = random(), random()
	query := url.Values{"client_id": {o.ClientID}, "redirect_uri": {root + "login/generic_oauth"}, "response_type": {"code"},
		"scope": {strings.Join(o.Scopes, " ")}, "state": {state}}
	if o.UsePKCE {
		sum := sha256.Sum256([]byte(verifier))
		query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		query.Set("code_challenge_method", "S256")
	}
	separator := "?"
	if strings.Contains(o.AuthURL, "?") {
		separator = "&"
	}
	return o.AuthURL + separator + query.Encode(), state, verifier
}

// Finish exchanges the code and says who the user is; an error is why Grafana would refuse the login.
func (o *OAuth) Finish(root, code, verifier, defaultRole string) (User, error) {
	client, err := o.client()
	if err != nil {
		return User{}, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {root + "login/generic_oauth"}}
	if o.UsePKCE {
		form.Set("code_verifier", verifier)
	}
	request, err := http.NewRequest("POST", o.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return User{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(o.ClientID), url.QueryEscape(o.ClientSecret))
	var token struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
	}
	if err := fetch(client, request, &token); err != nil {
		return User{}, fmt.Errorf("failed to exchange code for a token: %w", err)
	}
	var claims []map[string]any
	if parts := strings.Split(token.IDToken, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			var fromToken map[string]any
			if json.Unmarshal(payload, &fromToken) == nil {
				claims = append(claims, fromToken)
			}
		}
	}
	if o.APIURL != "" {
		request, err := http.NewRequest("GET", o.APIURL, nil)
		if err != nil {
			return User{}, err
		}
		request.Header.Set("Authorization", "Bearer "+token.AccessToken)
		var fromAPI map[string]any
		if err := fetch(client, request, &fromAPI); err != nil {
			return User{}, fmt.Errorf("failed to get user info: %w", err)
		}
		claims = append(claims, fromAPI)
	}
	return o.User(claims, defaultRole)
}

// User makes a user of the claims; those of the ID token come first and win.
func (o *OAuth) User(claims []map[string]any, defaultRole string) (User, error) {
	user := User{
		Login: first(claims, o.LoginPath, "login", "username"),
		Name:  first(claims, o.NamePath, "name", "display_name"),
		Email: first(claims, o.EmailPath, "email", "upn"),
	}
	if user.Email == "" {
		return User{}, errors.New("[auth.oauth.email.missing] provider didn't return an email address")
	}
	if user.Login == "" {
		user.Login = user.Email
	}
	if len(o.AllowedDomains) > 0 {
		_, domain, _ := strings.Cut(user.Email, "@")
		if !slices.Contains(o.AllowedDomains, domain) {
			return User{}, fmt.Errorf("[auth.oauth.email.not-allowed] %s is not in allowed_domains", domain)
		}
	}
	if len(o.AllowedGroups) > 0 {
		member := false
		for _, claim := range claims {
			for _, group := range asList(search(claim, o.GroupsPath)) {
				member = member || slices.Contains(o.AllowedGroups, fmt.Sprint(group))
			}
		}
		if !member {
			return User{}, errors.New("user not a member of one of the required groups")
		}
	}
	user.Role = defaultRole
	if o.SkipRoleSync {
		return user, nil
	}
	role := ""
	for _, claim := range claims {
		if found, ok := search(claim, o.RolePath).(string); ok && role == "" {
			role = found
		}
	}
	switch role {
	case "GrafanaAdmin":
		user.Role, user.GrafanaAdmin = "Admin", o.GrafanaAdmin
	case "Admin", "Editor", "Viewer", "None":
		user.Role = role
	default:
		if o.StrictRole {
			return User{}, fmt.Errorf("[oauth.role-attribute-strict] idP did not return a valid role attribute (found %q), but role_attribute_strict is set", role)
		}
	}
	return user, nil
}

func search(claims map[string]any, path string) any {
	if path == "" {
		return nil
	}
	found, err := jmespath.Search(path, map[string]any(claims))
	if err != nil {
		return nil
	}
	return found
}

// first looks the path up, then the names that Grafana knows, in each set of claims.
func first(claims []map[string]any, path string, names ...string) string {
	for _, claim := range claims {
		if text, ok := search(claim, path).(string); ok && text != "" {
			return text
		}
		for _, name := range names {
			if text, ok := claim[name].(string); ok && text != "" {
				return text
			}
		}
	}
	return ""
}

func (o *OAuth) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: o.SkipTLSVerify}
	if o.CAFile != "" {
		authority, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(authority)
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: transport}, nil
}

func fetch(client *http.Client, request *http.Request, into any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %s", request.URL.Host, response.Status, strings.TrimSpace(string(text)))
	}
	return json.Unmarshal(text, into)
}
