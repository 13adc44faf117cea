package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/grafana/alloy/syntax/ast"
	"github.com/grafana/alloy/syntax/diag"
	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/token"
	"github.com/grafana/alloy/syntax/vm"

	"nixmon/sandbox/standins/internal/push"
)

// Entry is one log line on its way. Written is called once Loki has it; nil when nobody wants to know.
type Entry struct {
	Labels map[string]string
	push.Entry
	Written func()
}

// LogsReceiver is what forward_to lists.
type LogsReceiver interface {
	AlloyCapsule()
	Send(ctx context.Context, entry Entry)
}

// receiver can be named before its component is built, so that the order of blocks does not matter.
type receiver struct {
	take func(ctx context.Context, entry Entry)
}

func (*receiver) AlloyCapsule() {}

func (r *receiver) Send(ctx context.Context, entry Entry) { r.take(ctx, entry) }

func forward(ctx context.Context, to []LogsReceiver, entry Entry) {
	for _, next := range to {
		next.Send(ctx, entry)
	}
}

// component is a block that was read and checked; run, where it has one, works until the context ends, and close
// comes after every component's run has returned.
type component struct {
	id      string
	exports map[string]any
	run     func(ctx context.Context)
	close   func()
	health  healthState
}

// builder reads the body of a block into a component.
type builder func(a *Alloy, c *component, into func(args any) error) error

// builders are the components that the stand-in knows, in the order in which they can be evaluated: what exports
// plain values comes first.
var builders = []struct {
	name  string
	build builder
}{
	{"local.file", buildLocalFile},
	{"local.file_match", buildFileMatch},
	{"loki.relabel", buildRelabel},
	{"loki.write", buildWrite},
	{"loki.process", buildProcess},
	{"loki.source.journal", buildJournal},
	{"loki.source.file", buildFileSource},
}

// receivers are the components that entries can be sent to.
var receivers = map[string]bool{"loki.relabel": true, "loki.write": true, "loki.process": true}

type loggingArgs struct {
	Level   string         `alloy:"level,attr,optional"`
	Format  string         `alloy:"format,attr,optional"`
	WriteTo []LogsReceiver `alloy:"write_to,attr,optional"`
}

func (l *loggingArgs) Validate() error {
	if l.Level != "" && !strings.Contains(" debug info warn error ", " "+l.Level+" ") {
		return fmt.Errorf("logging.level: unrecognized log level %q", l.Level)
	}
	if l.Format != "" && l.Format != "logfmt" && l.Format != "json" {
		return fmt.Errorf("logging.format: unrecognized log format %q", l.Format)
	}
	return nil
}

type liveDebuggingArgs struct {
	Enabled bool `alloy:"enabled,attr,optional"`
}

// Source reads the configuration: one file, or every *.alloy file of a folder, as Alloy does.
func Source(path string) (map[string][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	files := []string{path}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.alloy")); err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no *.alloy file in %s", path)
		}
	}
	source := map[string][]byte{}
	for _, file := range files {
		if source[file], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return source, nil
}

// Build parses and checks a configuration and starts nothing.
func (a *Alloy) Build(source map[string][]byte) ([]*component, error) {
	var blocks []*ast.BlockStmt
	var problems []error
	names := make([]string, 0, len(source))
	for name := range source {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		file, err := parser.ParseFile(name, source[name])
		if err != nil {
			problems = append(problems, located(err, nil))
			continue
		}
		for _, stmt := range file.Body {
			block, ok := stmt.(*ast.BlockStmt)
			if !ok {
				problems = append(problems, fmt.Errorf("%s: unrecognized attribute: only blocks are allowed at the top level", ast.StartPos(stmt).Position()))
				continue
			}
			blocks = append(blocks, block)
		}
	}
	byID, problems := a.declare(blocks, problems)
	scope := &vm.Scope{Variables: map[string]any{}}
	for id, c := range byID {
		export(scope.Variables, id, c.exports)
	}
	var built []*component
	for _, kind := range builders {
		for _, block := range blocks {
			if block.GetBlockName() != kind.name || byID[blockID(block)] == nil {
				continue
			}
			c := byID[blockID(block)]
			err := kind.build(a, c, func(args any) error { return vm.New(block.Body).Evaluate(scope, args) })
			if err != nil {
				problems = append(problems, located(err, block))
				continue
			}
			export(scope.Variables, c.id, c.exports)
			built = append(built, c)
		}
	}
	for _, block := range blocks {
		var err error
		switch block.GetBlockName() {
		case "logging":
			err = vm.New(block.Body).Evaluate(scope, &loggingArgs{})
		case "livedebugging":
			err = vm.New(block.Body).Evaluate(scope, &liveDebuggingArgs{})
		}
		if err != nil {
			problems = append(problems, located(err, block))
		}
	}
	return built, errors.Join(problems...)
}

// declare checks names and labels of the blocks and makes the empty components.
func (a *Alloy) declare(blocks []*ast.BlockStmt, problems []error) (map[string]*component, []error) {
	known := map[string]bool{}
	var list []string
	for _, kind := range builders {
		known[kind.name] = true
		list = append(list, kind.name)
	}
	byID := map[string]*component{}
	seen := map[string]token.Pos{}
	for _, block := range blocks {
		name, id, at := block.GetBlockName(), blockID(block), block.NamePos.Position()
		switch {
		case name == "logging" || name == "livedebugging":
			if block.Label != "" {
				problems = append(problems, fmt.Errorf("%s: block %q does not support specifying labels", at, name))
			}
		case !known[name]:
			problems = append(problems, fmt.Errorf("%s: cannot find the definition of component name %q (this is a stand-in: it knows %s)", at, name, strings.Join(list, ", ")))
		case block.Label == "":
			problems = append(problems, fmt.Errorf("%s: component %q must have a label", at, name))
		}
		if first, twice := seen[id]; twice {
			problems = append(problems, fmt.Errorf("%s: component %q already declared at %s", at, id, first.Position()))
			continue
		}
		seen[id] = block.NamePos
		if known[name] && block.Label != "" {
			c := &component{id: id, exports: map[string]any{}}
			if receivers[name] {
				c.exports["receiver"] = LogsReceiver(&receiver{})
			}
			byID[id] = c
		}
	}
	return byID, problems
}

func blockID(block *ast.BlockStmt) string {
	if block.Label == "" {
		return block.GetBlockName()
	}
	return block.GetBlockName() + "." + block.Label
}

// export puts the exports of loki.write.default where the expression loki.write.default finds them.
func export(variables map[string]any, id string, exports map[string]any) {
	path := strings.Split(id, ".")
	for _, part := range path[:len(path)-1] {
		next, ok := variables[part].(map[string]any)
		if !ok {
			next = map[string]any{}
			variables[part] = next
		}
		variables = next
	}
	variables[path[len(path)-1]] = exports
}

// located puts file and line before an error that lacks them.
func located(err error, block *ast.BlockStmt) error {
	var one diag.Diagnostic
	var many diag.Diagnostics
	if errors.As(err, &many) {
		all := make([]error, 0, len(many))
		for _, d := range many {
			all = append(all, fmt.Errorf("%s: %s", d.StartPos, d.Message))
		}
		return errors.Join(all...)
	}
	if errors.As(err, &one) {
		return fmt.Errorf("%s: %s", one.StartPos, one.Message)
	}
	if block == nil {
		return err
	}
	return fmt.Errorf("%s: %s: %w", block.NamePos.Position(), blockID(block), err)
}
