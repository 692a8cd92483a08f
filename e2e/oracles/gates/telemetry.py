"""What `telemetry` sends, read by its receivers' own libraries: stdin is {"otlp": request, "text": exposition}."""

import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

given = json.load(sys.stdin)
# Strict: an unknown field, a wrong type or an integer out of range is an error.
request = json_format.Parse(json.dumps(given["otlp"]), ExportMetricsServiceRequest())
metrics = request.resource_metrics[0].scope_metrics[0].metrics
otlp = {
    f"{metric.name}{sorted((a.key, a.value.string_value) for a in point.attributes)}": point.as_double
    for metric in metrics
    for point in metric.gauge.data_points
}
prometheus = {
    f"{sample.name}{sorted(sample.labels.items())}": sample.value
    for family in text_string_to_metric_families(given["text"])
    for sample in family.samples
}
print(json.dumps({"otlp": otlp, "prometheus": prometheus, "types": [len(metrics), len(prometheus)]}))
