package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

func random() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// uuid gives a thing the same id at every start: a hash of the domain and its name in UUID form.
func uuid(domain, kind, name string) string {
	sum := sha256.Sum256([]byte(domain + "\x00" + kind + "\x00" + name))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// signer signs tokens with ES256, Kanidm's default.
type signer struct {
	key *ecdsa.PrivateKey
	id  string
}

func newSigner() (*signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &signer{key, random()[:16]}, err
}

func encode(value any) string {
	text, _ := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(text)
}

// sign makes a compact JWT.
func (s *signer) sign(claims map[string]any) (string, error) {
	text := encode(map[string]string{"alg": "ES256", "kid": s.id, "typ": "JWT"}) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)), nil
}

// jwk is the public key, as /public_key.jwk answers it.
func (s *signer) jwk() (map[string]any, error) {
	public, err := s.key.PublicKey.ECDH()
	if err != nil {
		return nil, err
	}
	point := public.Bytes() // 0x04, then x and y of 32 bytes each
	return map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": s.id,
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:])}, nil
}

// certificate loads the certificate of server.toml. Where neither file is there, as in the sandbox, it makes a
// self-signed one and tries to keep it beside the database, so that a restart does not change it.
func (c *Config) certificate() (cert tls.Certificate, selfSigned bool, err error) {
	chain, key := c.TLSChain, c.TLSKey
	if chain != "" && (exists(chain) || exists(key)) {
		cert, err = tls.LoadX509KeyPair(chain, key)
		return cert, false, err
	}
	chain, key = c.beside("standin-chain.pem"), c.beside("standin-key.pem")
	if cert, err = tls.LoadX509KeyPair(chain, key); err == nil {
		return cert, true, nil
	}
	chainText, keyText, err := c.selfSign()
	if err != nil {
		return cert, true, err
	}
	if os.WriteFile(key, keyText, 0o600) == nil {
		_ = os.WriteFile(chain, chainText, 0o644)
	}
	cert, err = tls.X509KeyPair(chainText, keyText)
	return cert, true, err
}

// beside is a file in the database's folder.
func (c *Config) beside(name string) string {
	if c.DBPath == "" {
		return filepath.Join("/var/lib/kanidm", name)
	}
	return filepath.Join(filepath.Dir(c.DBPath), name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func (c *Config) selfSign() (chain, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, err
	}
	origin, _ := url.Parse(c.Origin)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: c.Domain, Organization: []string{"nixmon stand-in for Kanidm"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: []string{origin.Hostname(), c.Domain, "localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), err
}
