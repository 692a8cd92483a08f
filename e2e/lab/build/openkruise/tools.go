//go:build tools

// Package openkruise names the program that the lab builds.
package openkruise

import _ "github.com/openkruise/rollouts"
