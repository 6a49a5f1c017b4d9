{{- define "labels" -}}
app.kubernetes.io/name: rootcause-admin
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* What every container here must not do. */ -}}
{{- define "containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: ["ALL"]
{{- end }}

{{- /* config.json: with oauth2-proxy the app knows where one signs in. */ -}}
{{- define "config" -}}
{{- $signIn := dict -}}
{{- if .Values.oauth2Proxy.enabled -}}
{{- $signIn = dict "signIn" (printf "%soauth2/start?rd={return}" .Values.path) -}}
{{- end -}}
{{- merge (deepCopy .Values.config) $signIn | toPrettyJson -}}
{{- end }}
