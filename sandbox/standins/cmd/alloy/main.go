// Command alloy is a stand-in for Grafana Alloy in nixmon's sandbox: it reads the real config.alloy with Alloy's own
// parser, refuses what Alloy would refuse, and ships journal and file logs to Loki. It is not Alloy.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/grafana/alloy/syntax/parser"
	"github.com/grafana/alloy/syntax/printer"

	"nixmon/sandbox/standins/internal/standin"
)

func main() {
	tool := standin.New("alloy", "Grafana Alloy")
	usage := tool.Banner() + "\n\nUsage:\n  alloy run [flags] PATH\n  alloy validate PATH\n  alloy fmt [-w] [-t] FILE\n"
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(1)
	}
	flags := flag.NewFlagSet("alloy "+os.Args[1], flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage, "\nFlags:\n"); flags.PrintDefaults() }
	var err error
	switch os.Args[1] {
	case "run":
		err = run(tool, flags, os.Args[2:])
	case "validate":
		err = validate(tool, flags, os.Args[2:])
	case "fmt":
		err = format(flags, os.Args[2:])
	case "--version", "-v", "version":
		fmt.Println(tool.Banner())
	case "--help", "-h", "help":
		fmt.Print(usage)
	default:
		err = fmt.Errorf("unknown command %q for \"alloy\"", os.Args[1])
	}
	if err == flag.ErrHelp {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "Error: %v\n", err)
		os.Exit(1)
	}
}

// parse takes flags before and after the one path: NixOS writes `alloy run PATH --flags`.
func parse(flags *flag.FlagSet, args []string) (path string, err error) {
	var paths []string
	for {
		if err := flags.Parse(args); err != nil {
			return "", err
		}
		if flags.NArg() == 0 {
			break
		}
		paths = append(paths, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(paths) != 1 {
		return "", fmt.Errorf("accepts 1 arg(s), received %d: wanted the path of a configuration file or folder", len(paths))
	}
	return paths[0], nil
}

func run(tool *standin.Tool, flags *flag.FlagSet, args []string) error {
	listen := flags.String("server.http.listen-addr", "127.0.0.1:12345", "address to listen on")
	storage := flags.String("storage.path", "data-alloy/", "folder for what must outlive a restart")
	for _, name := range []string{"stability.level", "server.http.ui-path-prefix", "server.http.memory-addr", "config.format", "config.extra-args", "cluster.node-name", "cluster.join-addresses", "cluster.advertise-address"} {
		flags.String(name, "", "accepted, without effect in the stand-in")
	}
	for _, name := range []string{"disable-reporting", "server.http.enable-pprof", "server.http.disable-support-bundle", "feature.community-components.enabled", "config.bypass-conversion-errors", "cluster.enabled"} {
		flags.Bool(name, false, "accepted, without effect in the stand-in")
	}
	path, err := parse(flags, args)
	if err != nil {
		return err
	}
	tool.Log("info", "starting", "program", tool.Banner(), "config", path)
	a := &Alloy{tool: tool, path: path, storage: *storage}
	if err := a.Reload(); err != nil {
		return fmt.Errorf("%w\ncould not perform the initial load successfully", err)
	}
	defer a.Close()
	reload := func() {
		if err := a.Reload(); err != nil {
			tool.Log("error", "failed to reload config, the old one stays", "err", err)
			return
		}
		tool.Log("info", "config reloaded")
	}
	return tool.Serve(a.Handler(), nil, reload, *listen)
}

func validate(tool *standin.Tool, flags *flag.FlagSet, args []string) error {
	path, err := parse(flags, args)
	if err != nil {
		return err
	}
	source, err := Source(path)
	if err != nil {
		return err
	}
	_, err = (&Alloy{tool: tool, path: path}).Build(source)
	return err
}

func format(flags *flag.FlagSet, args []string) error {
	write := flags.Bool("w", false, "write the result to the file")
	flags.BoolVar(write, "write", false, "write the result to the file")
	test := flags.Bool("t", false, "exit with 1 when the file is not formatted")
	flags.BoolVar(test, "test", false, "exit with 1 when the file is not formatted")
	path, err := parse(flags, args)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(path, text)
	if err != nil {
		return located(err, nil)
	}
	var pretty bytes.Buffer
	if err := printer.Fprint(&pretty, file); err != nil {
		return err
	}
	pretty.WriteByte('\n')
	switch {
	case *test && !bytes.Equal(pretty.Bytes(), text):
		return fmt.Errorf("%s is not formatted", path)
	case *write:
		return os.WriteFile(path, pretty.Bytes(), 0o644)
	case !*test:
		_, err = os.Stdout.Write(pretty.Bytes())
	}
	return err
}
