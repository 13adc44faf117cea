package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
)

// With the argument "schema" (and tfgen's flags) it writes schema.json and
// bridge-metadata.json, which the plugin then reads from its own folder.
func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		tfgen.MainWithMuxer(pkg, provider(nil))
		return
	}
	info := provider(beside("bridge-metadata.json"))
	pfbridge.MainWithMuxer(context.Background(), pkg, info, beside("schema.json"))
}

// beside reads a file from the folder of this program.
func beside(name string) []byte {
	exe, err := os.Executable()
	if err == nil {
		var data []byte
		if data, err = os.ReadFile(filepath.Join(filepath.Dir(exe), name)); err == nil {
			return data
		}
	}
	fmt.Fprintf(os.Stderr, "pulumi-resource-proxmoxve: %v: install the plugin again (make tools)\n", err)
	os.Exit(1)
	return nil
}
