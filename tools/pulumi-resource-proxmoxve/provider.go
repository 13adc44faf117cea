// Command pulumi-resource-proxmoxve is the real terraform-provider-proxmox behind
// the real Pulumi Terraform bridge, with the tokens of npm @muhlba91/pulumi-proxmoxve.
package main

import (
	"context"
	"strings"

	"github.com/bpg/terraform-provider-proxmox/fwprovider"
	sdkprovider "github.com/bpg/terraform-provider-proxmox/proxmoxtf/provider"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const pkg = "proxmoxve"

// The npm SDK leaves the id of this one to the bridge's own rule.
const evpnController = "proxmox_sdn_controller_evpn"

// version is that of the npm SDK; the build sets it.
var version = "0.0.0-dev"

func provider(metadata []byte) tfbridge.ProviderInfo {
	upstream := pfbridge.MuxShimWithPF(context.Background(),
		sdkv2.NewProvider(sdkprovider.ProxmoxVirtualEnvironment()), fwprovider.New(version)())
	info := tfbridge.ProviderInfo{
		P:            upstream,
		Name:         "proxmox",
		Version:      version,
		License:      "Apache-2.0",
		Repository:   "https://github.com/muhlba91/pulumi-proxmoxve",
		GitHubOrg:    "bpg",
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		Resources:    ownIDs(upstream),
	}
	info.MustComputeTokens(tfbridge.Strategy{
		Resource: func(name string, r *tfbridge.ResourceInfo) error {
			module, member := token(name)
			r.Tok = tfbridge.MakeResource(pkg, module, member)
			return nil
		},
		DataSource: func(name string, d *tfbridge.DataSourceInfo) error {
			module, member := token(name)
			d.Tok = tfbridge.MakeDataSource(pkg, module, "get"+member)
			return nil
		},
	})
	info.SetAutonaming(255, "-")
	return info
}

// token is the rule of the npm SDK: proxmox_a_b is a:B, proxmox_virtual_environment_a_b
// is a:BLegacy, and one word alone is in the module index.
func token(name string) (module, member string) {
	rest, legacy := strings.CutPrefix(name, "proxmox_virtual_environment_")
	if !legacy {
		rest = strings.TrimPrefix(name, "proxmox_")
	}
	words := strings.Split(rest, "_")
	last := words[len(words)-1]
	module, member = strings.Join(words[:len(words)-1], "/"), strings.ToUpper(last[:1])+last[1:]
	if module == "" {
		module = "index"
	}
	if legacy {
		member += "Legacy"
	}
	return module, member
}

// ownIDs maps an attribute `id` that the user can set to `resourceId`, because `id`
// is Pulumi's own.
func ownIDs(upstream shim.Provider) map[string]*tfbridge.ResourceInfo {
	infos := map[string]*tfbridge.ResourceInfo{}
	upstream.ResourcesMap().Range(func(name string, r shim.Resource) bool {
		id, ok := r.Schema().GetOk("id")
		if !ok || !(id.Required() || id.Optional()) || name == evpnController {
			return true
		}
		infos[name] = &tfbridge.ResourceInfo{
			Fields:    map[string]*tfbridge.SchemaInfo{"id": {Name: "resourceId", Type: "string"}},
			ComputeID: tfbridge.DelegateIDField("resourceId", pkg, "https://github.com/muhlba91/pulumi-proxmoxve"),
		}
		return true
	})
	return infos
}
