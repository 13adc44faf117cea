// Command pulumi-resource-random is the real terraform-provider-random behind the
// real Pulumi Terraform bridge, with the tokens of npm @pulumi/random.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"github.com/terraform-providers/terraform-provider-random/upstream"
)

// version is that of the npm SDK; the build sets it.
var version = "0.0.0-dev"

func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                           pfbridge.ShimProvider(upstream.New()),
		Name:                        "random",
		Version:                     version,
		License:                     "Apache-2.0",
		Repository:                  "https://github.com/pulumi/pulumi-random",
		MetadataInfo:                tfbridge.NewProviderMetadata(nil),
		EnableAccurateBridgePreview: true,
		Resources: map[string]*tfbridge.ResourceInfo{
			// The only resource without an id of its own upstream.
			"random_bytes": {ComputeID: func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
				v := state["base64"]
				if v.IsSecret() {
					v = v.SecretValue().Element
				}
				return resource.ID(v.StringValue()), nil
			}},
		},
	}
	token := func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", token))
	return info
}
