// Command pulumi-resource-command is a stand-in for the plugin of npm
// @pulumi/command 1.2.1, used only where the real plugin is not to be had.
// Same resource tokens, inputs, outputs and behaviours; README.md lists what is
// left out.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"nixmon/tools/pulumi-resource-command/local"
	"nixmon/tools/pulumi-resource-command/remote"
)

// version is that of the npm SDK; the build sets it.
var version = "0.0.0-dev"

func newProvider() p.Provider {
	return infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command (nixmon stand-in)",
			Description: "Stand-in for the Pulumi Command provider: runs commands here and over SSH.",
			License:     "Apache-2.0",
			LanguageMap: map[string]any{"nodejs": map[string]any{"respectSchemaVersion": true}},
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
		},
	})
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(version + " (nixmon stand-in)")
		return
	}
	if err := p.RunProvider(context.Background(), "command", version, newProvider()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
