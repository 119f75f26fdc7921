{{- define "sidecar.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" (.Release.Name | trunc 28 | trimSuffix "-") .Chart.Name }}{{ end }}
{{- end }}

{{- define "sidecar.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "sidecar.labels" -}}
{{ include "sidecar.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Values.image.tag | trunc 63 | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "sidecar.release" -}}
{{- with .Values.monitoring.release }}release: {{ . | quote }}{{ end }}
{{- end }}

{{- define "sidecar.image" -}}
{{- $tag := required "Set image.tag: the tag of the image that you built and pushed." .Values.image.tag -}}
{{ .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "sidecar.container" -}}
image: {{ include "sidecar.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- with .user }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  {{- end }}
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "sidecar.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .root.Values.pods.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .root.Values.pods.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .group }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "sidecar.identity" -}}
- {name: SIDECAR_STACK, value: {{ .Values.stack | quote }}}
- {name: SIDECAR_HOST, value: {{ .Values.host | quote }}}
- {name: SIDECAR_ENVIRONMENT, value: {{ .Values.environment | quote }}}
{{- end }}

{{- define "sidecar.endpoint" -}}
interval: {{ .root.Values.monitoring.interval }}
path: /actuator/prometheus
port: {{ .port }}
# A target that was taken over must not have Prometheus ask others.
followRedirects: false
authorization:
  credentials: {name: {{ .secret | quote }}, key: metrics_token}
relabelings:
  - {targetLabel: job, replacement: {{ .service }}}
  - {targetLabel: service, replacement: {{ .service }}}
  - {targetLabel: role, replacement: {{ default "app" .role }}}
  - {targetLabel: stack, replacement: {{ .root.Values.stack | quote }}}
  - {targetLabel: host, replacement: {{ .root.Values.host | quote }}}
metricRelabelings:
  # What others say of themselves: a rule would take it for theirs, and be silent, or fail for everybody.
  - {sourceLabels: [__name__], regex: "(node|pg|redis|nginx|loki|otelcol|alloy|alertmanager|prometheus|probe|kube|container)_.+|ALERTS.*|up|scrape_.+|.+:.+", action: drop}
  {{- if eq .service "gateway" }}
  - {sourceLabels: [__name__], regex: "sidecar_(access|alert|backup|dead|dump|duty|expected|far|job|notifications|pitr|proof|readiness|relay|watchdog).*", action: drop}
  {{- else if eq .service "relay" }}
  - {sourceLabels: [__name__], regex: "sidecar_(access|alert|backup|dead|dump|duty|expected|far|gateway|job|notifications|pitr|proof|readiness|watchdog).*", action: drop}
  {{- end }}
  # The gateway's metrics of the API carry the API's name as service.
  - {sourceLabels: [__name__, upstream], regex: "sidecar_gateway_.+;(.+)", targetLabel: service}
{{- end }}

{{- define "sidecar.webhook" -}}
webhookConfigs:
  - url: {{ printf "http://%s-sidecar.%s.svc:8080/hooks/alerts/webhook" (include "sidecar.name" .) .Release.Namespace }}
    sendResolved: true
    maxAlerts: 100
    httpConfig:
      authorization:
        credentials: {name: {{ .Values.secrets.sidecar | quote }}, key: webhook_token}
{{- end }}
