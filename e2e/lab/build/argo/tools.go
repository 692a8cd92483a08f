//go:build tools

// Package argo names the program that the lab builds.
package argo

import _ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
