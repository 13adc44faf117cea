package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

// matchMark is a label that local.file_match puts on its targets: their __path__ is a pattern still, and
// loki.source.file expands it again and again. A __path__ without the mark is a plain path, as in Alloy.
const matchMark = "__standin_match__"

type fileMatchArgs struct {
	PathTargets []map[string]string `alloy:"path_targets,attr"`
	SyncPeriod  time.Duration       `alloy:"sync_period,attr,optional"`
}

func buildFileMatch(_ *Alloy, c *component, into func(any) error) error {
	args := fileMatchArgs{SyncPeriod: 10 * time.Second}
	if err := into(&args); err != nil {
		return err
	}
	targets := []map[string]string{}
	for i, given := range args.PathTargets {
		if given["__path__"] == "" {
			return fmt.Errorf("path_targets[%d]: no __path__", i)
		}
		if _, err := filepath.Match(given["__path__"], ""); err != nil || strings.Contains(given["__path__"], "**") {
			return fmt.Errorf("path_targets[%d]: __path__ %q: wanted a pattern with *, ? or [] (this is a stand-in: it knows no **)", i, given["__path__"])
		}
		target := map[string]string{matchMark: "1"}
		for name, value := range given {
			target[name] = value
		}
		targets = append(targets, target)
	}
	c.exports["targets"] = targets
	return nil
}

type fileSourceArgs struct {
	Targets     []map[string]string `alloy:"targets,attr"`
	ForwardTo   []LogsReceiver      `alloy:"forward_to,attr"`
	Encoding    string              `alloy:"encoding,attr,optional"`
	TailFromEnd bool                `alloy:"tail_from_end,attr,optional"`
	FileWatch   *struct {
		Min time.Duration `alloy:"min_poll_frequency,attr,optional"`
		Max time.Duration `alloy:"max_poll_frequency,attr,optional"`
	} `alloy:"file_watch,block,optional"`
}

type fileSource struct {
	fileSourceArgs
	alloy     *Alloy
	component *component
	running   map[string]bool
	mu        sync.Mutex
	positions []*position
}

func buildFileSource(a *Alloy, c *component, into func(any) error) error {
	f := &fileSource{alloy: a, component: c, running: map[string]bool{}}
	if err := into(&f.fileSourceArgs); err != nil {
		return err
	}
	c.run = f.watch
	c.close = func() {
		for _, at := range f.positions {
			_ = at.save()
		}
	}
	return nil
}

// watch starts a reader for every file that the targets name, also for those that appear later.
func (f *fileSource) watch(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	f.component.health.set("healthy", "watching")
	for {
		for _, target := range f.Targets {
			paths := []string{target["__path__"]}
			if target[matchMark] != "" {
				paths, _ = filepath.Glob(target["__path__"])
			}
			for _, path := range paths {
				if excluded, _ := filepath.Match(target["__path_exclude__"], path); excluded || f.running[path] {
					continue
				}
				f.running[path] = true
				readers.Add(1)
				go func() { defer readers.Done(); f.tail(ctx, path, target) }()
			}
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

// tail reads one file to its end and on, from where the last run left it; it begins again when the file is replaced or cut.
func (f *fileSource) tail(ctx context.Context, path string, target map[string]string) {
	at := &position{path: filepath.Join(f.alloy.storage, f.component.id, url.PathEscape(path))}
	f.mu.Lock()
	f.positions = append(f.positions, at)
	f.mu.Unlock()
	go at.keep(ctx, f.alloy.tool)
	labels := public(target)
	labels["filename"] = path
	offset, err := strconv.ParseInt(at.read(), 10, 64)
	if info, statErr := os.Stat(path); err != nil && f.TailFromEnd && statErr == nil {
		offset = info.Size()
	}
	lines := standin.Labels{"component_id": f.component.id, "path": path}
	f.alloy.tool.Metrics.Add("loki_source_file_read_lines_total", lines, 0)
	for ctx.Err() == nil {
		if file, err := os.Open(path); err == nil {
			offset = f.read(ctx, file, path, offset, labels, at, lines)
			file.Close()
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (f *fileSource) read(ctx context.Context, file *os.File, path string, offset int64, labels map[string]string, at *position, lines standin.Labels) int64 {
	for ctx.Err() == nil {
		info, err := file.Stat()
		if err != nil {
			return offset
		}
		if info.Size() < offset {
			offset = 0
		}
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return offset
		}
		reader := bufio.NewReader(file)
		for {
			text, err := reader.ReadString('\n')
			if err != nil { // a line without its end is still being written
				break
			}
			offset += int64(len(text))
			end := strconv.FormatInt(offset, 10)
			f.alloy.tool.Metrics.Add("loki_source_file_read_lines_total", lines, 1)
			forward(ctx, f.ForwardTo, Entry{Labels: labels, Entry: push.Entry{Time: time.Now(), Line: strings.TrimRight(text, "\r\n")}, Written: func() { at.set(end) }})
		}
		if now, err := os.Stat(path); err != nil || !os.SameFile(info, now) {
			return 0
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return offset
}
