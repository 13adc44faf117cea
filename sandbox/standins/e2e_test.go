// Package standins holds the test that runs the four built programs together, as a sandbox host does.
package standins

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "standins")
	if err == nil {
		var output []byte
		if output, err = exec.Command("./build.sh", dir).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w\n%s", err, output)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

type process struct {
	*exec.Cmd
	output bytes.Buffer
}

// run starts a program and ends it with SIGTERM after the test; it must then exit with 0.
func run(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(filepath.Join(programs, name), args...)}
	p.Dir, p.Stderr, p.Stdout = dir, &p.output, &p.output
	p.Env = append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil || t.Failed() {
			t.Errorf("%s ended with %v and said\n%s", name, err, p.output.String())
		}
		if !strings.Contains(strings.SplitN(p.output.String(), "\n", 2)[0], "stand-in") {
			t.Errorf("the first line of %s does not say that it is a stand-in:\n%s", name, p.output.String())
		}
	})
	return p
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func wait(t *testing.T, client *http.Client, address, wanted string) {
	t.Helper()
	last := ""
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		response, err := client.Get(address)
		if err != nil {
			last = err.Error()
			continue
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if last = response.Status + " " + string(text); response.StatusCode == 200 && strings.Contains(last, wanted) {
			return
		}
	}
	t.Fatalf("%s: wanted %q, the last answer was %s", address, wanted, last)
}

// sources reads every source file: Go keeps a test's result until a file that the test itself has read changes, and
// the programs are built outside of its sight.
func sources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheFourWorkTogether(t *testing.T) {
	sources(t)
	dir := t.TempDir()
	ports := map[string]int{}
	for _, name := range []string{"LOKI", "GRAFANA", "ALLOY", "KANIDM"} {
		ports[name] = freePort(t)
	}
	fill := func(text string) string {
		text = strings.ReplaceAll(text, "DIR", dir)
		for name, port := range ports {
			text = strings.ReplaceAll(text, name+"PORT", fmt.Sprint(port))
		}
		return text
	}
	for name, text := range map[string]string{
		"loki.json": `{"auth_enabled":false,"server":{"http_listen_address":"127.0.0.1","http_listen_port":LOKIPORT},
 "common":{"path_prefix":"DIR/loki","replication_factor":1,"ring":{"kvstore":{"store":"inmemory"}}},
 "schema_config":{"configs":[{"from":"2024-01-01","store":"tsdb","object_store":"filesystem","schema":"v13","index":{"prefix":"index_","period":"24h"}}]},
 "compactor":{"working_directory":"DIR/loki/compactor","retention_enabled":true,"delete_request_store":"filesystem"},"limits_config":{"retention_period":"90d"}}`,
		"config.alloy": `loki.source.journal "read" {
  relabel_rules = loki.relabel.journal.rules
  forward_to    = [loki.write.default.receiver]
}
loki.relabel "journal" {
  forward_to = []
  rule {
    source_labels = ["__journal__systemd_unit"]
    target_label  = "unit"
  }
}
loki.write "default" {
  endpoint {
    url = "http://127.0.0.1:LOKIPORT/loki/api/v1/push"
  }
  external_labels = { host = "nixmon" }
}
`,
		"bin/journalctl": fmt.Sprintf("#!/bin/sh\necho '{\"_SYSTEMD_UNIT\":\"sshd.service\",\"MESSAGE\":\"hello\",\"__CURSOR\":\"c1\",\"__REALTIME_TIMESTAMP\":\"%d\"}'\nexec sleep 60\n", time.Now().UnixMicro()),
		"server.toml":    "bindaddress = \"127.0.0.1:KANIDMPORT\"\ndomain = \"localhost\"\norigin = \"https://localhost:KANIDMPORT\"\ndb_path = \"DIR/kanidm.db\"\n",
		"provision.json": `{"groups":{"users":{"members":["ada"]}},"persons":{"ada":{"displayName":"Ada","mailAddresses":["ada@localhost"]}},
 "systems":{"oauth2":{"grafana":{"displayName":"Grafana","originUrl":"http://127.0.0.1:GRAFANAPORT/login/generic_oauth","originLanding":"http://127.0.0.1:GRAFANAPORT/",
 "basicSecretFile":"DIR/oauth","preferShortUsername":true,"scopeMaps":{"users":["openid","profile","email","groups"]},"claimMaps":{"grafana_role":{"valuesByGroup":{"users":["Editor"]}}}}}}}`,
		"oauth":             "abc\n",
		"standin-passwords": "ada ada-s3cret\n",
		"grafana.ini": `[server]
http_addr=127.0.0.1
http_port=GRAFANAPORT
root_url=http://127.0.0.1:GRAFANAPORT/
[security]
secret_key=$__file{DIR/oauth}
admin_password=$__file{DIR/oauth}
[paths]
provisioning=DIR/provisioning
[auth.generic_oauth]
enabled=true
client_id=grafana
client_secret=$__file{DIR/oauth}
scopes=openid profile email groups
auth_url=https://localhost:KANIDMPORT/ui/oauth2
token_url=https://localhost:KANIDMPORT/oauth2/token
api_url=https://localhost:KANIDMPORT/oauth2/openid/grafana/userinfo
tls_client_ca=DIR/standin-chain.pem
use_pkce=true
login_attribute_path=preferred_username
role_attribute_path=contains(grafana_role[*], 'Editor') && 'Editor'
role_attribute_strict=true
`,
		"provisioning/datasources/datasource.yaml": `{"datasources":[{"name":"Loki","type":"loki","uid":"loki","url":"http://127.0.0.1:LOKIPORT"}]}`,
	} {
		write(t, filepath.Join(dir, name), fill(text))
	}
	run(t, dir, "loki", "--config.file="+dir+"/loki.json")
	run(t, dir, "alloy", "run", dir+"/config.alloy", fill("--server.http.listen-addr=127.0.0.1:ALLOYPORT"), "--storage.path="+dir+"/alloy")
	run(t, dir, "kanidmd", "server", "-c", dir+"/server.toml")
	run(t, dir, "grafana", "server", "-homepath", dir, "-config", dir+"/grafana.ini")

	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	wait(t, browser, fill("http://127.0.0.1:LOKIPORT/ready"), "ready")
	wait(t, browser, fill("http://127.0.0.1:ALLOYPORT/-/ready"), "ready")
	wait(t, browser, fill("https://localhost:KANIDMPORT/status"), "true")
	wait(t, browser, fill("http://127.0.0.1:GRAFANAPORT/api/health"), `"ok"`)

	// The login with Kanidm, as a browser does it: Grafana sends it there, the user is chosen, Kanidm sends it back.
	response, err := browser.Get(fill("http://127.0.0.1:GRAFANAPORT/login/generic_oauth"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response, err = browser.PostForm(response.Request.URL.String(), url.Values{"user": {"ada"}, "password": {"ada-s3cret"}}); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Request.URL.Path + "?" + response.Request.URL.RawQuery; got != "/?" {
		t.Fatalf("the login ended at %s", got)
	}
	wait(t, browser, fill("http://127.0.0.1:GRAFANAPORT/api/user"), `"login":"ada"`)
	wait(t, browser, fill("http://127.0.0.1:GRAFANAPORT/api/user/orgs"), `"role":"Editor"`)

	// The journal's line: Alloy reads it, Loki keeps it, the logged-in user finds it through Grafana.
	query := "query=" + url.QueryEscape(`{host="nixmon", unit="sshd.service"} |= "hello"`)
	wait(t, browser, fill("http://127.0.0.1:GRAFANAPORT/api/datasources/proxy/uid/loki/loki/api/v1/query_range?")+query, `"hello"`)
}

func TestBadConfigurationEndsWithOneAndAMessage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "loki.yaml"), "compacter: {}\n")
	write(t, filepath.Join(dir, "x.alloy"), "loki.writ \"x\" { }\n")
	write(t, filepath.Join(dir, "server.toml"), "domain = \"x.test\"\n")
	write(t, filepath.Join(dir, "grafana.ini"), "[server]\nhttp_port=3000\n")
	for _, test := range [][]string{
		{"field compacter not found", "loki", "-config.file", dir + "/loki.yaml", "-verify-config"},
		{"flag provided but not defined", "loki", "-nonsense"},
		{"cannot find the definition of component name", "alloy", "run", dir + "/x.alloy"},
		{"cannot find the definition of component name", "alloy", "validate", dir},
		{"flag provided but not defined", "alloy", "run", dir, "--nonsense"},
		{"origin is", "kanidmd", "server", "-c", dir + "/server.toml"},
		{"secret_key", "grafana", "server", "-homepath", dir, "-config", dir + "/grafana.ini"},
		{"no such file", "grafana", "server", "-config", dir + "/none.ini"},
	} {
		command := exec.Command(filepath.Join(programs, test[1]), test[2:]...)
		output, _ := command.CombinedOutput()
		if command.ProcessState.ExitCode() != 1 || !strings.Contains(string(output), test[0]) {
			t.Errorf("%v: exit code %d, wanted 1 and %q:\n%s", test[1:], command.ProcessState.ExitCode(), test[0], output)
		}
	}
	for _, name := range []string{"loki", "grafana", "alloy", "kanidmd"} {
		for _, flag := range []string{"--version", "--help"} {
			output, err := exec.Command(filepath.Join(programs, name), flag).CombinedOutput()
			if err != nil || !strings.Contains(string(output), "stand-in") || !strings.Contains(string(output), "NOT") {
				t.Errorf("%s %s does not say what it is: %v\n%s", name, flag, err, output)
			}
		}
	}
}
