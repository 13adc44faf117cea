// Package upstream opens the provider of terraform-provider-random, which lives
// in an internal package. The module path below the upstream one allows the import.
package upstream

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"

	internal "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// New returns the real upstream provider.
func New() provider.Provider { return internal.New() }
