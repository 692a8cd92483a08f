//go:build tools

// Package traefik names the program that the lab builds.
package traefik

import _ "github.com/traefik/traefik/v3/cmd/traefik"
