// Command loki is a stand-in for Grafana Loki in nixmon's sandbox: it reads the real loki.yaml, refuses what
// Loki would refuse, and takes, keeps and answers log lines. It is not Loki.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"nixmon/sandbox/standins/internal/standin"
)

func main() {
	tool := standin.New("loki", "Grafana Loki")
	flags := flag.NewFlagSet("loki", flag.ContinueOnError)
	file := flags.String("config.file", "", "configuration file; a comma-separated list takes the first that exists")
	verify := flags.Bool("verify-config", false, "check the configuration and exit")
	expand := flags.Bool("config.expand-env", false, "replace ${VAR} in the configuration")
	target := flags.String("target", "", "components to run; the stand-in always runs all")
	version := flags.Bool("version", false, "print the version and exit")
	flags.Usage = func() {
		fmt.Fprintln(os.Stderr, tool.Banner()+"\n\nFlags:")
		flags.PrintDefaults()
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		if err == flag.ErrHelp {
			return
		}
		os.Exit(1)
	}
	if *version {
		fmt.Println(tool.Banner())
		return
	}
	tool.Log("info", "starting", "program", tool.Banner(), "target", *target)
	path := firstFile(*file)
	config, err := Load(path, *expand)
	if err != nil {
		tool.Fatal("validating config", err)
	}
	if *verify {
		tool.Log("info", "config is valid", "file", path)
		return
	}
	if err := config.startable(); err != nil {
		tool.Fatal("error running loki", err)
	}
	store, err := OpenStore(config.dataFolder())
	if err != nil {
		tool.Fatal("error running loki", err)
	}
	loki := &Loki{tool: tool, config: config, configFile: path, store: store, now: time.Now}
	loki.Compact()
	go func() {
		for range time.Tick(max(config.Compactor.CompactionInterval, time.Second)) {
			loki.Compact()
		}
	}()
	address := net.JoinHostPort(config.Server.Address, strconv.Itoa(config.Server.Port))
	if err := tool.Serve(loki.Handler(), nil, nil, address); err != nil {
		tool.Fatal("error running loki", err)
	}
}

func firstFile(list string) string {
	paths := strings.Split(list, ",")
	if list == "" {
		paths = []string{"config.yaml", "config/config.yaml"}
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return paths[0]
}
