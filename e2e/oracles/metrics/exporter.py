"""A pod of a model server as prometheus_client exports it, with vLLM's names: requests at a steady pace, of which some fail.
Every scrape is written down with what was true at that moment: exporter.py <port> <version> <error rate> <seed> <truth.jsonl>"""
import http.server
import json
import random
import sys
import threading
import time

import prometheus_client as client

port, version, errors, seed, truth = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
random.seed(seed)
lock = threading.Lock()
requests = client.Counter('http_requests', 'Requests.', ['method', 'handler', 'status'])
ttft = client.Histogram('vllm:time_to_first_token_seconds', 'First token.', buckets=[0.1, 0.25, 0.5, 1, 2.5])
waiting = client.Gauge('vllm:num_requests_waiting', 'Waiting.')
seen = {'requests': 0, 'errors': 0, 'answered': 0, 'over_half': 0, 'ttft': 0.0}


def serve():
    while True:
        time.sleep(0.005)
        with lock:
            failed = random.random() < errors
            requests.labels('POST', '/v1/chat/completions', '5xx' if failed else '2xx').inc()
            requests.labels('GET', '/v1/models', '2xx').inc()
            seen['requests'] += 1
            seen['errors'] += failed
            if not failed:
                value = random.lognormvariate(-1.2, 0.5)
                ttft.observe(value)
                seen['answered'] += 1
                seen['over_half'] += value > 0.5
                seen['ttft'] += value
            waiting.set(random.randint(0, 4) + (3 if version == 'v2' else 0))


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with lock:
            body = client.generate_latest()
            line = json.dumps({'at': time.time(), **seen})
        with open(truth, 'a') as out:
            out.write(line + '\n')
        self.send_response(200)
        self.send_header('content-type', client.CONTENT_TYPE_LATEST)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


threading.Thread(target=serve, daemon=True).start()
http.server.ThreadingHTTPServer(('127.0.0.1', port), Metrics).serve_forever()
