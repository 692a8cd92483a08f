//go:build tools

// Package flagger names the program that the lab builds.
package flagger

import _ "github.com/fluxcd/flagger/cmd/flagger"
