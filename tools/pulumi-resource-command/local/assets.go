package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect reads what `assetPaths` and `archivePaths` name after a command.
func (s *State) collect(dir string) error {
	if s.AssetPaths != nil {
		found, err := match(dir, *s.AssetPaths)
		if err != nil {
			return err
		}
		assets := map[string]*types.AssetOrArchive{}
		for name, asset := range found {
			assets[name] = &types.AssetOrArchive{Asset: asset}
		}
		s.Assets = &assets
	}
	if s.ArchivePaths != nil {
		found, err := match(dir, *s.ArchivePaths)
		if err != nil {
			return err
		}
		members := map[string]any{}
		for name, asset := range found {
			members[name] = asset
		}
		if s.Archive, err = resource.NewAssetArchive(members); err != nil {
			return err
		}
	}
	return nil
}

// match finds the files below dir that the globs name, keyed by relative path. Rules
// are applied in order; one with a leading ! takes files out again.
func match(dir string, rules []string) (map[string]*resource.Asset, error) {
	type rule struct {
		glob.Glob
		out bool
	}
	compiled := make([]rule, 0, len(rules))
	for _, text := range rules {
		pattern, out := strings.CutPrefix(text, "!")
		g, err := glob.Compile(pattern, '/')
		if err != nil {
			return nil, fmt.Errorf("glob %q: %w", text, err)
		}
		compiled = append(compiled, rule{g, out})
	}
	found := map[string]*resource.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		wanted := false
		for _, r := range compiled {
			if r.Match(name) {
				wanted = !r.out
			}
		}
		if wanted {
			found[name], err = resource.NewPathAsset(filepath.Join(dir, name))
		}
		return err
	})
	return found, err
}
