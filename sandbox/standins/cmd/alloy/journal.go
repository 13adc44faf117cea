package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/push"
	"nixmon/sandbox/standins/internal/standin"
)

type journalArgs struct {
	ForwardTo    []LogsReceiver    `alloy:"forward_to,attr"`
	FormatAsJSON bool              `alloy:"format_as_json,attr,optional"`
	MaxAge       time.Duration     `alloy:"max_age,attr,optional"`
	Path         string            `alloy:"path,attr,optional"`
	RelabelRules Rules             `alloy:"relabel_rules,attr,optional"`
	Matches      string            `alloy:"matches,attr,optional"`
	Labels       map[string]string `alloy:"labels,attr,optional"`
}

// SetToDefault gives the values that Alloy documents.
func (j *journalArgs) SetToDefault() { *j = journalArgs{MaxAge: 7 * time.Hour} }

type journal struct {
	journalArgs
	alloy     *Alloy
	component *component
	cursor    *position
}

func buildJournal(a *Alloy, c *component, into func(any) error) error {
	j := &journal{alloy: a, component: c}
	if err := into(&j.journalArgs); err != nil {
		return err
	}
	j.cursor = &position{path: filepath.Join(a.storage, c.id, "cursor")}
	c.run = j.follow
	c.close = func() { _ = j.cursor.save() }
	return nil
}

// follow keeps journalctl running: it is the same reading of the journal without libsystemd, which a static program lacks.
func (j *journal) follow(ctx context.Context) {
	go j.cursor.keep(ctx, j.alloy.tool)
	j.alloy.tool.Metrics.Add("loki_source_journal_target_lines_total", standin.Labels{"component_id": j.component.id}, 0)
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, 30*time.Second) {
		err := j.once(ctx)
		if ctx.Err() != nil {
			return
		}
		j.component.health.set("unhealthy", fmt.Sprintf("journalctl ended: %v", err))
		j.alloy.tool.Log("error", "journal reader ended, starting it again", "component_id", j.component.id, "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func (j *journal) once(ctx context.Context) error {
	args := []string{"--follow", "--no-tail", "--output=json", "--all", "--quiet", "--no-pager"}
	if j.Path != "" {
		args = append(args, "--directory="+j.Path)
	}
	if cursor := j.cursor.read(); cursor != "" {
		args = append(args, "--after-cursor="+cursor)
	} else {
		args = append(args, fmt.Sprintf("--since=-%ds", int(j.MaxAge.Seconds())))
	}
	command := exec.CommandContext(ctx, program("journalctl"), append(args, strings.Fields(j.Matches)...)...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return err
	}
	j.component.health.set("healthy", "journalctl runs")
	lines := bufio.NewReaderSize(output, 1<<20)
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		j.take(ctx, text)
	}
	return command.Wait()
}

// program finds a program also where a service's PATH is short.
func program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range []string{"/run/current-system/sw/bin", "/usr/bin", "/bin"} {
		if path := filepath.Join(folder, name); exec.Command(path, "--version").Run() == nil {
			return path
		}
	}
	return name
}

var priorities = []string{"emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"}

func (j *journal) take(ctx context.Context, text []byte) {
	var raw map[string]any
	if json.Unmarshal(text, &raw) != nil {
		return
	}
	j.alloy.tool.Metrics.Add("loki_source_journal_target_lines_total", standin.Labels{"component_id": j.component.id}, 1)
	labels := map[string]string{"job": j.component.id}
	for name, value := range j.Labels {
		labels[name] = value
	}
	fields := map[string]string{}
	for name, value := range raw {
		fields[name] = field(value)
		labels["__journal_"+strings.ToLower(name)] = fields[name]
	}
	if n, err := strconv.Atoi(fields["PRIORITY"]); err == nil && n >= 0 && n < len(priorities) {
		labels["__journal_priority_keyword"] = priorities[n]
	}
	labels, keep := j.RelabelRules.Apply(labels)
	if !keep {
		return
	}
	line := fields["MESSAGE"]
	if j.FormatAsJSON {
		all, _ := json.Marshal(fields)
		line = string(all)
	}
	micros, _ := strconv.ParseInt(fields["__REALTIME_TIMESTAMP"], 10, 64)
	cursor := fields["__CURSOR"]
	forward(ctx, j.ForwardTo, Entry{Labels: public(labels), Entry: push.Entry{Time: time.UnixMicro(micros), Line: line}, Written: func() { j.cursor.set(cursor) }})
}

// field turns a value of journalctl's JSON into text: bytes that are no UTF-8 come as numbers, repeated fields as lists.
func field(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []any:
		raw := make([]byte, 0, len(v))
		for _, item := range v {
			n, ok := item.(float64)
			if !ok {
				return field(v[0])
			}
			raw = append(raw, byte(n))
		}
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return ""
}
