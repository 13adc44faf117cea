package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

// position remembers in a file how far a source has been delivered, so that a restart neither loses nor repeats much.
type position struct {
	path  string
	mu    sync.Mutex
	value string
	dirty bool
}

func (p *position) read() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.value == "" {
		text, _ := os.ReadFile(p.path)
		p.value = strings.TrimSpace(string(text))
	}
	return p.value
}

func (p *position) set(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.value, p.dirty = value, true
}

func (p *position) save() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dirty {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(p.path+".new", []byte(p.value+"\n"), 0o640); err != nil {
		return err
	}
	p.dirty = false
	return os.Rename(p.path+".new", p.path)
}

// keep saves once a second until the context ends; the last save is the caller's, after its entries are delivered.
func (p *position) keep(ctx context.Context, tool *standin.Tool) {
	for {
		select {
		case <-time.After(time.Second):
			if err := p.save(); err != nil {
				tool.Log("error", "cannot save position", "path", p.path, "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
