// A model server that fits into an image of its own: well after DELAY_MS, it tells its model and whether it has a token. Its
// answers begin and never end.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--fail" {
		fmt.Fprintln(os.Stderr, "::error::pwned\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 128.00 MiB")
		os.Exit(1)
	}
	delay, _ := strconv.Atoi(os.Getenv("DELAY_MS"))
	wellAt := time.Now().Add(time.Duration(delay) * time.Millisecond)
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if time.Now().Before(wellAt) {
			w.WriteHeader(503)
		}
	})
	http.HandleFunc("/v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"data":[{"id":"token-%d"}]}`, len(os.Getenv("HF_TOKEN")))
	})
	http.HandleFunc("/v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Par\"}}]}\n\n")
		w.(http.Flusher).Flush()
		fmt.Println("asked")
		<-r.Context().Done()
	})
	fmt.Println("listening")
	if err := http.ListenAndServe(":8000", nil); err != nil {
		panic(err)
	}
}
