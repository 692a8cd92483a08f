module sluice/e2e/lab/pause

go 1.25.0
