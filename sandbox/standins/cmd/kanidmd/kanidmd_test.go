package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

const goodConfig = `
version = "2"
bindaddress = "127.0.0.1:8443"
domain = "sandbox.test"
origin = "https://auth.sandbox.test"
tls_chain = "DIR/chain.pem"
tls_key = "DIR/key.pem"
db_path = "DIR/kanidm.db"
[online_backup]
versions = 7
`

const goodState = `{
  "groups": { "grafana.access": { "members": ["ada", "grafana.admins"] }, "grafana.admins": { "members": ["root"] }, "gone": { "present": false } },
  "persons": {
    "ada": { "displayName": "Ada", "mailAddresses": ["ada@sandbox.test"] },
    "root": { "displayName": "Root", "mailAddresses": ["root@sandbox.test"] },
    "eve": { "displayName": "Eve", "mailAddresses": ["eve@sandbox.test"] }
  },
  "systems": { "oauth2": { "grafana": {
    "displayName": "Grafana", "originUrl": "https://grafana.sandbox.test/login/generic_oauth", "originLanding": "https://grafana.sandbox.test/",
    "basicSecretFile": "DIR/secret", "preferShortUsername": true,
    "scopeMaps": { "grafana.access": ["openid", "profile", "email", "groups"] },
    "claimMaps": { "grafana_role": { "joinType": "array", "valuesByGroup": { "grafana.access": ["Viewer"], "grafana.admins": ["GrafanaAdmin"] } },
                   "joined": { "joinType": "csv", "valuesByGroup": { "grafana.access": ["b", "a"] } } }
  } } }
}`

func files(t *testing.T, name, text string, replacements ...string) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	changed := strings.NewReplacer(replacements...).Replace(text)
	if len(replacements) > 0 && changed == text {
		t.Fatalf("nothing to replace: %v", replacements)
	}
	path = filepath.Join(dir, name)
	for file, content := range map[string]string{path: strings.ReplaceAll(changed, "DIR", dir), filepath.Join(dir, "secret"): "s3cret\n", filepath.Join(dir, "empty"): "\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, dir
}

func TestWhatKanidmRefusesInServerTomlIsRefused(t *testing.T) {
	path, _ := files(t, "server.toml", goodConfig)
	if _, err := LoadConfig(path); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ old, new, want string }{
		"an unknown field":         {"domain =", "domian =", "unknown field `domian`"},
		"no domain":                {`domain = "sandbox.test"`, "", "domain is missing"},
		"an origin without https":  {"https://auth", "http://auth", "must be https"},
		"an origin elsewhere":      {"auth.sandbox.test", "auth.example.org", "not within domain"},
		"a name that only ends so": {"auth.sandbox.test", "evilsandbox.test", "not within domain"},
		"half a certificate":       {`tls_key = "DIR/key.pem"`, "", "wanted both"},
		"broken TOML":              {`version = "2"`, "version = ", "failed to parse"},
	} {
		path, _ := files(t, "server.toml", goodConfig, test.old, test.new)
		if _, err := LoadConfig(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
}

func TestWhatProvisioningRefusesIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"a group that is nowhere":       {`"scopeMaps": { "grafana.access"`, `"scopeMaps": { "grafana.nobody"`, "group grafana.nobody is not in groups"},
		"a group that is not present":   {`"scopeMaps": { "grafana.access"`, `"scopeMaps": { "gone"`, "group gone is not in groups"},
		"a claim group that is nowhere": {`"grafana.admins": ["GrafanaAdmin"]`, `"admins": ["GrafanaAdmin"]`, "group admins is not in groups"},
		"a secret that is not there":    {"DIR/secret", "DIR/none", "basicSecretFile"},
		"an empty secret":               {"DIR/secret", "DIR/empty", "is empty"},
		"no landing page":               {`"originLanding": "https://grafana.sandbox.test/",`, "", "originLanding"},
		"an unknown join":               {`"joinType": "csv"`, `"joinType": "tsv"`, "wanted array, csv or ssv"},
		"broken JSON":                   {`"groups": {`, `"groups": [`, "invalid character"},
	} {
		path, _ := files(t, "state.json", goodState, test.old, test.new)
		if _, err := LoadProvision(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted %q", name, err, test.want)
		}
	}
}

func start(t *testing.T) *Kanidm {
	t.Helper()
	configPath, _ := files(t, "server.toml", goodConfig)
	statePath, _ := files(t, "state.json", goodState)
	config, err := LoadConfig(configPath)
	if err != nil {
		t.Fatal(err)
	}
	state, err := LoadProvision(statePath)
	if err != nil {
		t.Fatal(err)
	}
	return &Kanidm{tool: standin.New("kanidmd", "Kanidm"), config: config, state: state, now: time.Now,
		passwords: map[string]string{"ada": "pw-ada", "root": "pw-root", "mallory": "pw-mallory"},
		accounts:  map[string]right{"admin-token": readWrite, "reader": readOnly, "stranger": noRight}}
}

const verifier = "a-verifier-that-is-long-enough-for-the-standard-43"

func request(changes ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{"client_id": {"grafana"}, "redirect_uri": {"https://grafana.sandbox.test/login/generic_oauth"}, "response_type": {"code"}, "state": {"st"}, "nonce": {"no"},
		"scope": {"openid profile email groups"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	return "/ui/oauth2?" + q.Encode()
}

func TestRequestsThatKanidmRefusesGetNoCode(t *testing.T) {
	do := doer(start(t))
	for name, test := range map[string]struct {
		user    string
		changes []string
		status  int
	}{
		"another redirect":           {"root", []string{"redirect_uri", "https://grafana.sandbox.test/login/generic_oauth/"}, 400},
		"the landing page":           {"root", []string{"redirect_uri", "https://grafana.sandbox.test/"}, 400},
		"an unknown client":          {"root", []string{"client_id", "other"}, 400},
		"no PKCE":                    {"root", []string{"code_challenge", ""}, 400},
		"PKCE in the clear":          {"root", []string{"code_challenge_method", "plain"}, 400},
		"a scope not in a map":       {"root", []string{"scope", "openid offline"}, 403},
		"commas between scopes":      {"root", []string{"scope", "openid,profile"}, 403},
		"a user in no group":         {"eve", nil, 403},
		"nobody that has an account": {"mallory", nil, 401},
		"another's password":         {"ada", []string{"password", "pw-root"}, 401},
		"no password":                {"ada", []string{"password", ""}, 401},
	} {
		k := doer(start(t))
		if test.user == "eve" {
			known := start(t)
			known.passwords["eve"] = "pw-eve"
			k = doer(known)
		}
		answer := authorise(k, test.user, test.changes...)
		if answer.Code != test.status || answer.Header().Get("Location") != "" {
			t.Errorf("%s: got %d %s, wanted %d and no redirect", name, answer.Code, answer.Body, test.status)
		}
	}
	if answer := authorise(do, "eve"); answer.Code != 401 {
		t.Errorf("a person without a password: %d", answer.Code)
	}
	answer := do("GET", request()+"&user=ada&password=pw-ada&login_hint=ada", "")
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), "stand-in") || answer.Header().Get("Location") != "" {
		t.Errorf("the form was wanted, got %d %s", answer.Code, answer.Body)
	}
}

type do = func(method, target, body string, header ...string) *httptest.ResponseRecorder

// authorise sends the login form; a change of `password` is the form's, the others are the request's.
func authorise(do do, user string, changes ...string) *httptest.ResponseRecorder {
	password := "pw-" + user
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i] == "password" {
			password, changes = changes[i+1], nil
		}
	}
	return do("POST", request(changes...), url.Values{"user": {user}, "password": {password}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func redeem(t *testing.T, do do, user string, changes ...string) *httptest.ResponseRecorder {
	t.Helper()
	answer := authorise(do, user)
	location, err := url.Parse(answer.Header().Get("Location"))
	if answer.Code != 302 || err != nil || location.Query().Get("state") != "st" {
		t.Fatalf("got %d %s %s", answer.Code, answer.Header(), answer.Body)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {location.Query().Get("code")}, "redirect_uri": {"https://grafana.sandbox.test/login/generic_oauth"}, "code_verifier": {verifier}}
	secret := "s3cret"
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i] == "secret" {
			secret = changes[i+1]
			continue
		}
		form.Set(changes[i], changes[i+1])
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("grafana:"+secret))
	return do("POST", "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Authorization", basic)
}

func doer(k *Kanidm) func(method, target, body string, header ...string) *httptest.ResponseRecorder {
	handler := k.Handler()
	return func(method, target, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer
	}
}

func TestTokensThatMustNotBeGivenAreNot(t *testing.T) {
	do := doer(start(t))
	for name, test := range map[string]struct {
		changes []string
		status  int
	}{
		"a wrong secret":   {[]string{"secret", "s3cre"}, 401},
		"a wrong verifier": {[]string{"code_verifier", "x"}, 400},
		"no verifier":      {[]string{"code_verifier", ""}, 400},
		"another redirect": {[]string{"redirect_uri", "https://x.test/"}, 400},
		"an unknown code":  {[]string{"code", "x"}, 400},
		"another grant":    {[]string{"grant_type", "password"}, 400},
	} {
		if answer := redeem(t, do, "root", test.changes...); answer.Code != test.status || strings.Contains(answer.Body.String(), "access_token") {
			t.Errorf("%s: got %d %s, wanted %d", name, answer.Code, answer.Body, test.status)
		}
	}
}

func TestACodeIsGoodOnceAndForAMinute(t *testing.T) {
	k := start(t)
	do := doer(k)
	answer := authorise(do, "root")
	location, _ := url.Parse(answer.Header().Get("Location"))
	form := url.Values{"grant_type": {"authorization_code"}, "code": {location.Query().Get("code")}, "redirect_uri": {"https://grafana.sandbox.test/login/generic_oauth"}, "code_verifier": {verifier}, "client_id": {"grafana"}, "client_secret": {"s3cret"}}
	for i, want := range []int{200, 400} {
		if answer := do("POST", "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded"); answer.Code != want {
			t.Errorf("use %d of the code: got %d %s", i+1, answer.Code, answer.Body)
		}
	}
	answer = authorise(do, "root")
	location, _ = url.Parse(answer.Header().Get("Location"))
	form.Set("code", location.Query().Get("code"))
	k.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	if answer := do("POST", "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded"); answer.Code != 400 {
		t.Errorf("an old code: got %d", answer.Code)
	}
}

func TestTheTokenIsSignedAndSaysWhatKanidmSays(t *testing.T) {
	k := start(t)
	do := doer(k)
	var token struct {
		AccessToken string `json:"access_token"`
		IDToken     string `json:"id_token"`
		Scope       string
	}
	answer := redeem(t, do, "root")
	if err := json.Unmarshal(answer.Body.Bytes(), &token); err != nil || token.Scope != "email groups openid profile" {
		t.Fatalf("got %d %s", answer.Code, answer.Body)
	}
	parts := strings.Split(token.IDToken, ".")
	var jwks struct {
		Keys []struct{ X, Y string }
	}
	if err := json.Unmarshal(do("GET", "/oauth2/openid/grafana/public_key.jwk", "").Body.Bytes(), &jwks); err != nil {
		t.Fatal(err)
	}
	number := func(text string) *big.Int {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(raw) != 32 {
			t.Fatalf("%q: %d bytes, %v", text, len(raw), err)
		}
		return new(big.Int).SetBytes(raw)
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(jwks.Keys[0].X), Y: number(jwks.Keys[0].Y)}
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature does not fit the published key")
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	info := do("GET", "/oauth2/openid/grafana/userinfo", "", "Authorization", "Bearer "+token.AccessToken)
	for name, text := range map[string][]byte{"ID token": payload, "userinfo": info.Body.Bytes()} {
		var claims map[string]any
		if err := json.Unmarshal(text, &claims); err != nil {
			t.Fatal(err)
		}
		for claim, want := range map[string]string{
			"iss": "https://auth.sandbox.test/oauth2/openid/grafana", "aud": "grafana", "nonce": "no", "preferred_username": "root", "email": "root@sandbox.test", "name": "Root",
			"grafana_role": "[GrafanaAdmin Viewer]", "joined": "a,b",
		} {
			if got := fmt.Sprint(claims[claim]); got != want {
				t.Errorf("%s: %s is %s, wanted %s", name, claim, got, want)
			}
		}
		groups := fmt.Sprint(claims["groups"])
		if !strings.Contains(groups, "grafana.admins@sandbox.test") || !strings.Contains(groups, uuid("sandbox.test", "group", "grafana.access")) || strings.Contains(groups, "grafana.admins ") {
			t.Errorf("%s: groups are %s", name, groups)
		}
	}
	if answer := do("GET", "/oauth2/openid/grafana/userinfo", "", "Authorization", "Bearer x"); answer.Code != 401 {
		t.Errorf("a made-up token: %d", answer.Code)
	}
}

func TestStatusAndDiscoveryAnswer(t *testing.T) {
	do := doer(start(t))
	if answer := do("GET", "/status", ""); strings.TrimSpace(answer.Body.String()) != "true" || answer.Header().Get("Server") != "nixmon-standin-kanidmd" {
		t.Errorf("got %s %s", answer.Body, answer.Header())
	}
	text := do("GET", "/oauth2/openid/grafana/.well-known/openid-configuration", "").Body.String()
	for _, want := range []string{`"issuer":"https://auth.sandbox.test/oauth2/openid/grafana"`, `"authorization_endpoint":"https://auth.sandbox.test/ui/oauth2"`, `"S256"`, `"ES256"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if answer := do("GET", "/oauth2/openid/none/.well-known/openid-configuration", ""); answer.Code != 404 {
		t.Errorf("an unknown client: %d", answer.Code)
	}
}

func TestTheRestEndpointsMakeAClientThatWorks(t *testing.T) {
	k := start(t)
	do := doer(k)
	auth := []string{"Authorization", "Bearer admin-token"}
	for _, step := range [][3]string{
		{"POST", "_basic", `{"attrs":{"name":["wiki"],"displayname":["Wiki"],"description":["ours"],"oauth2_rs_origin_landing":["https://wiki.sandbox.test"]}}`},
		{"POST", "wiki/_attr/oauth2_rs_origin", `["https://wiki.sandbox.test/callback","https://wiki.sandbox.test/old"]`},
		{"DELETE", "wiki/_attr/oauth2_rs_origin", `["https://wiki.sandbox.test/old"]`},
		{"POST", "wiki/_scopemap/grafana.access", `["openid"]`},
		{"POST", "wiki/_scopemap/grafana.admins", `["openid"]`},
		{"DELETE", "wiki/_scopemap/grafana.admins@sandbox.test", ``},
		{"POST", "wiki/_claimmap/role/grafana.admins", `["writer"]`},
		{"PATCH", "wiki", `{"attrs":{"displayname":["The wiki"]}}`},
	} {
		if answer := do(step[0], "/v1/oauth2/"+step[1], step[2], auth...); answer.Code != 200 {
			t.Fatalf("%s: %d %s", step[1], answer.Code, answer.Body)
		}
	}
	secret := func() (secret string) {
		if err := json.Unmarshal(do("GET", "/v1/oauth2/wiki/_basic_secret", "", auth...).Body.Bytes(), &secret); err != nil || len(secret) < 32 {
			t.Errorf("secret %q, %v", secret, err)
		}
		return secret
	}
	first := secret()
	if answer := do("PATCH", "/v1/oauth2/wiki", `{"attrs":{"oauth2_rs_basic_secret":[]}}`, auth...); answer.Code != 200 || secret() == first {
		t.Errorf("the secret was not made anew: %d", answer.Code)
	}
	want := `{"attrs":{"description":["ours"],"displayname":["The wiki"],"name":["wiki"],"oauth2_rs_claim_map":["role:grafana.admins@sandbox.test:;:\"writer\""],` +
		`"oauth2_rs_origin":["https://wiki.sandbox.test/callback"],"oauth2_rs_origin_landing":["https://wiki.sandbox.test"],"oauth2_rs_scope_map":["grafana.access@sandbox.test: {\"openid\"}"]}}`
	if got := strings.TrimSpace(do("GET", "/v1/oauth2/wiki", "", auth...).Body.String()); got != want {
		t.Errorf("the entry is\n%s, wanted\n%s", got, want)
	}
	if answer := authorise(do, "root", "client_id", "wiki", "redirect_uri", "https://wiki.sandbox.test/callback", "scope", "openid"); answer.Code != 302 {
		t.Errorf("the new client gets no code: %d %s", answer.Code, answer.Body)
	}
	if answer := authorise(do, "root", "client_id", "wiki", "redirect_uri", "https://wiki.sandbox.test/old", "scope", "openid"); answer.Code != 400 {
		t.Errorf("a redirect that was taken away still works: %d", answer.Code)
	}
	k.Replace(&Provision{Groups: k.state.Groups, Persons: k.state.Persons})
	if answer := do("GET", "/v1/oauth2/wiki", "", auth...); !strings.Contains(answer.Body.String(), "The wiki") {
		t.Errorf("provisioning took away a client that it does not name: %s", answer.Body)
	}
}

func TestTheRestEndpointsRefuseWhatKanidmRefuses(t *testing.T) {
	do := doer(start(t))
	body := `{"attrs":{"name":["wiki"],"displayname":["Wiki"],"oauth2_rs_origin_landing":["https://wiki.sandbox.test"]}}`
	for name, test := range map[string]struct {
		token, method, target, body string
		status                      int
		says                        string
	}{
		"no token":                   {"", "GET", "grafana", "", 401, "notauthenticated"},
		"a wrong token":              {"wrong", "POST", "_basic", body, 401, "notauthenticated"},
		"a token that may only read": {"reader", "POST", "_basic", body, 403, "accessdenied"},
		"a stranger's write":         {"stranger", "POST", "_basic", body, 403, "accessdenied"},
		"a stranger sees nothing":    {"stranger", "GET", "grafana", "", 200, "null"},
		"a client that is nowhere":   {"admin-token", "GET", "none", "", 200, "null"},
		"a client twice":             {"admin-token", "POST", "_basic", strings.Replace(body, "wiki", "grafana", 1), 409, "attruniqueness"},
		"a client without a name":    {"admin-token", "POST", "_basic", "{}", 400, "name"},
		"a group that is nowhere":    {"admin-token", "POST", "grafana/_scopemap/nobody", `["openid"]`, 404, "nomatchingentries"},
		"a map of no client":         {"admin-token", "POST", "none/_scopemap/grafana.access", `["openid"]`, 404, "nomatchingentries"},
		"a chosen secret":            {"admin-token", "PATCH", "grafana", `{"attrs":{"oauth2_rs_basic_secret":["mine"]}}`, 403, "accessdenied"},
	} {
		answer := do(test.method, "/v1/oauth2/"+test.target, test.body, "Authorization", "Bearer "+test.token)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.says) {
			t.Errorf("%s: got %d %s, wanted %d %s", name, answer.Code, answer.Body, test.status, test.says)
		}
	}
	if answer := do("GET", "/v1/oauth2/grafana", "", "Authorization", "Bearer reader"); !strings.Contains(answer.Body.String(), "oauth2_rs_origin") {
		t.Errorf("control: a reader sees the client, got %s", answer.Body)
	}
}

func TestCredentialsAreReadFromFilesOfTwoWords(t *testing.T) {
	path, dir := files(t, "server.toml", goodConfig)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	k := &Kanidm{config: config}
	if err := k.readCredentials("", ""); err != nil || len(k.passwords)+len(k.accounts) != 0 {
		t.Errorf("without files there are no credentials and no error, got %v", err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("standin-passwords", "ada s3cret\n")
	put("standin-tokens", "tok readonly\n")
	if err := k.readCredentials("", ""); err != nil || k.passwords["ada"] != "s3cret" || k.accounts["tok"] != readOnly {
		t.Errorf("got %v %v %v", k.passwords, k.accounts, err)
	}
	put("standin-tokens", "tok-s3cret everything\n")
	if err := k.readCredentials("", ""); err == nil || strings.Contains(err.Error(), "tok-s3cret") {
		t.Errorf("an unknown right: %v", err)
	}
	if err := k.readCredentials(filepath.Join(dir, "none"), ""); err == nil {
		t.Error("a named file that is not there was taken for empty")
	}
}

func TestASelfSignedCertificateIsKeptOverRestarts(t *testing.T) {
	path, dir := files(t, "server.toml", goodConfig)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	first, selfSigned, err := config.certificate()
	if err != nil || !selfSigned {
		t.Fatal(selfSigned, err)
	}
	second, _, err := config.certificate()
	if err != nil || string(first.Certificate[0]) != string(second.Certificate[0]) {
		t.Error("the certificate changed", err)
	}
	if err := generate(config); err != nil {
		t.Fatal(err)
	}
	if _, selfSigned, err := config.certificate(); err != nil || selfSigned {
		t.Error("the files of server.toml are not used", err)
	}
	if err := generate(config); err == nil {
		t.Error("cert-generate overwrote the files")
	}
	if err := os.Remove(filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := config.certificate(); err == nil {
		t.Error("a chain without its key was accepted")
	}
}
