module sluice/e2e/lab/crds

go 1.24.0

require istio.io/api v1.31.1
