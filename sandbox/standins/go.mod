module nixmon/sandbox/standins

go 1.26

require (
	github.com/BurntSushi/toml v1.6.0
	github.com/golang/snappy v1.0.0
	github.com/grafana/alloy/syntax v0.1.0
	github.com/jmespath/go-jmespath v0.4.0
	google.golang.org/protobuf v1.36.12
	gopkg.in/ini.v1 v1.67.3
	gopkg.in/yaml.v3 v3.0.1
)

require (
	github.com/fatih/color v1.15.0 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.17 // indirect
	github.com/ohler55/ojg v1.20.1 // indirect
	golang.org/x/sys v0.6.0 // indirect
)
