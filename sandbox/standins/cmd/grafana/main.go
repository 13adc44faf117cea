// Command grafana is a stand-in for Grafana in nixmon's sandbox: it reads the real grafana.ini and provisioning,
// refuses what Grafana would refuse, logs users in by OAuth and passes queries to the data sources. It is not Grafana.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

func main() {
	tool := standin.New("grafana", "Grafana")
	usage := tool.Banner() + "\n\nUsage:\n  grafana server -homepath DIR -config FILE [cfg:section.key=value ...]\n"
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(1)
	}
	switch os.Args[1] {
	case "server":
	case "--version", "-version", "-v":
		fmt.Println(tool.Banner())
		return
	case "--help", "-help", "-h", "help":
		fmt.Print(usage)
		return
	default:
		tool.Fatal("start", fmt.Errorf("unknown command %q; wanted server", os.Args[1]))
	}
	flags := flag.NewFlagSet("grafana server", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage, "\nFlags:\n"); flags.PrintDefaults() }
	home := flags.String("homepath", ".", "Grafana's home folder")
	config := flags.String("config", "", "path of grafana.ini; default conf/custom.ini in the home folder")
	version := flags.Bool("v", false, "print the version and exit")
	for _, name := range []string{"pidfile", "packaging"} {
		flags.String(name, "", "accepted, without effect in the stand-in")
	}
	if err := flags.Parse(os.Args[2:]); err == flag.ErrHelp {
		return
	} else if err != nil {
		os.Exit(1)
	}
	if *version {
		fmt.Println(tool.Banner())
		return
	}
	tool.Log("info", "starting", "program", tool.Banner())
	overrides, err := arguments(flags.Args())
	if err != nil {
		tool.Fatal("start", err)
	}
	if *config == "" {
		*config = filepath.Join(*home, "conf", "custom.ini")
	}
	settings, err := LoadSettings(*config, *home, overrides)
	if err != nil {
		tool.Fatal("failed to read the configuration", err)
	}
	content, err := Provision(settings.Provisioning)
	if err != nil {
		tool.Fatal("failed to provision", err)
	}
	g := &Grafana{tool: tool, settings: settings, content: content}
	g.Rescan()
	go func() {
		for range time.Tick(10 * time.Second) {
			g.Rescan()
		}
	}()
	if err := tool.Serve(g.Handler(), nil, nil, net.JoinHostPort(settings.Addr, strconv.Itoa(settings.Port))); err != nil {
		tool.Fatal("serve", err)
	}
}

// arguments reads cfg:section.key=value; the key is what follows the last dot, as section names have dots too.
func arguments(args []string) (map[string]string, error) {
	overrides := map[string]string{}
	for _, arg := range args {
		text, isSetting := strings.CutPrefix(arg, "cfg:")
		name, value, found := strings.Cut(text, "=")
		if !isSetting || !found || !strings.Contains(name, ".") {
			return nil, fmt.Errorf("argument %q: wanted cfg:section.key=value", arg)
		}
		overrides[strings.TrimPrefix(name, "default.")] = value
	}
	return overrides, nil
}
