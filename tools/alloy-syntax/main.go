// Command alloy-syntax checks the syntax of Grafana Alloy configuration with
// Alloy's own parser. It knows no components: only the grammar is checked.
// Arguments are files; without any, or for -, it reads standard input.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/grafana/alloy/syntax/diag"
	"github.com/grafana/alloy/syntax/parser"
)

var version = "0.0.0-dev"

func main() {
	files := os.Args[1:]
	if len(files) == 0 {
		files = []string{"-"}
	}
	if files[0] == "--version" {
		fmt.Println(version)
		return
	}
	code := 0
	for _, file := range files {
		if err := check(file, os.Stdin, os.Stdout); err != nil {
			code = 1
		}
	}
	os.Exit(code)
}

// check parses one file and writes `file: ok`, or one line for each error.
func check(file string, stdin io.Reader, out io.Writer) error {
	var data []byte
	var err error
	if file == "-" {
		file = "stdin"
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(file) //nolint:gosec // its purpose
	}
	if err == nil {
		_, err = parser.ParseFile(file, data)
	}
	var list diag.Diagnostics
	switch {
	case err == nil:
		_, _ = fmt.Fprintf(out, "%s: ok\n", file)
	case errors.As(err, &list):
		for _, d := range list {
			_, _ = fmt.Fprintf(out, "%s:%d:%d: %s\n", file, d.StartPos.Line, d.StartPos.Column, d.Message)
		}
	default:
		_, _ = fmt.Fprintf(out, "%v\n", err)
	}
	return err
}
