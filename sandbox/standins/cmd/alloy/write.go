package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/grafana/alloy/syntax/alloytypes"
)

type writeArgs struct {
	Endpoints      []*endpoint       `alloy:"endpoint,block,optional"`
	ExternalLabels map[string]string `alloy:"external_labels,attr,optional"`
	MaxStreams     int               `alloy:"max_streams,attr,optional"`
	WAL            *struct {
		Enabled bool `alloy:"enabled,attr,optional"`
	} `alloy:"wal,block,optional"`
}

// endpoint is one endpoint block with Alloy's defaults, and its running state.
type endpoint struct {
	URL             string            `alloy:"url,attr"`
	Name            string            `alloy:"name,attr,optional"`
	Headers         map[string]string `alloy:"headers,attr,optional"`
	TenantID        string            `alloy:"tenant_id,attr,optional"`
	BatchWait       time.Duration     `alloy:"batch_wait,attr,optional"`
	BatchSize       string            `alloy:"batch_size,attr,optional"`
	RemoteTimeout   time.Duration     `alloy:"remote_timeout,attr,optional"`
	MinBackoff      time.Duration     `alloy:"min_backoff_period,attr,optional"`
	MaxBackoff      time.Duration     `alloy:"max_backoff_period,attr,optional"`
	MaxRetries      int               `alloy:"max_backoff_retries,attr,optional"`
	RetryOnHTTP429  bool              `alloy:"retry_on_http_429,attr,optional"`
	FollowRedirects bool              `alloy:"follow_redirects,attr,optional"`
	EnableHTTP2     bool              `alloy:"enable_http2,attr,optional"`
	BearerToken     alloytypes.Secret `alloy:"bearer_token,attr,optional"`
	BearerTokenFile string            `alloy:"bearer_token_file,attr,optional"`
	BasicAuth       *struct {
		Username     string            `alloy:"username,attr,optional"`
		Password     alloytypes.Secret `alloy:"password,attr,optional"`
		PasswordFile string            `alloy:"password_file,attr,optional"`
	} `alloy:"basic_auth,block,optional"`
	TLS *struct {
		CAFile             string `alloy:"ca_file,attr,optional"`
		CAPEM              string `alloy:"ca_pem,attr,optional"`
		ServerName         string `alloy:"server_name,attr,optional"`
		InsecureSkipVerify bool   `alloy:"insecure_skip_verify,attr,optional"`
	} `alloy:"tls_config,block,optional"`

	external  map[string]string
	host      string
	component *component
	alloy     *Alloy
	client    *http.Client
	entries   chan Entry
}

// SetToDefault gives the values that Alloy documents.
func (e *endpoint) SetToDefault() {
	*e = endpoint{BatchWait: time.Second, BatchSize: "1MiB", RemoteTimeout: 10 * time.Second, MinBackoff: 500 * time.Millisecond,
		MaxBackoff: 5 * time.Minute, MaxRetries: 10, RetryOnHTTP429: true, FollowRedirects: true, EnableHTTP2: true}
}

// Validate refuses what Alloy refuses.
func (e *endpoint) Validate() error {
	parsed, err := url.Parse(e.URL)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return fmt.Errorf("endpoint url %q: wanted http(s)://host:port/loki/api/v1/push", e.URL)
	}
	ways := 0
	for _, given := range []bool{e.BasicAuth != nil, e.BearerToken != "", e.BearerTokenFile != ""} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return errors.New("at most one of basic_auth, bearer_token & bearer_token_file must be configured")
	}
	if e.BasicAuth != nil && e.BasicAuth.Password != "" && e.BasicAuth.PasswordFile != "" {
		return errors.New("at most one of basic_auth password & password_file must be configured")
	}
	e.host = parsed.Host
	return nil
}

func buildWrite(a *Alloy, c *component, into func(any) error) error {
	var args writeArgs
	if err := into(&args); err != nil {
		return err
	}
	for _, e := range args.Endpoints {
		e.external, e.component, e.alloy = args.ExternalLabels, c, a
		e.entries = make(chan Entry)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		if e.TLS != nil {
			transport.TLSClientConfig = &tls.Config{ServerName: e.TLS.ServerName, InsecureSkipVerify: e.TLS.InsecureSkipVerify}
			authority := []byte(e.TLS.CAPEM)
			if e.TLS.CAFile != "" {
				var err error
				if authority, err = os.ReadFile(e.TLS.CAFile); err != nil {
					return err
				}
			}
			if len(authority) > 0 {
				transport.TLSClientConfig.RootCAs = x509.NewCertPool()
				if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(authority) {
					return errors.New("tls_config: no certificate in ca_file or ca_pem")
				}
			}
		}
		e.client = &http.Client{Timeout: e.RemoteTimeout, Transport: transport}
	}
	c.exports["receiver"].(*receiver).take = func(ctx context.Context, entry Entry) {
		entry.Labels = public(entry.Labels)
		for _, e := range args.Endpoints {
			select {
			case e.entries <- entry:
			case <-ctx.Done():
			}
		}
	}
	c.run = func(ctx context.Context) {
		done := make(chan struct{})
		for _, e := range args.Endpoints {
			go func() { e.work(ctx); done <- struct{}{} }()
		}
		for range args.Endpoints {
			<-done
		}
	}
	return nil
}
