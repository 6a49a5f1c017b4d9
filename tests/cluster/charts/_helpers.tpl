{{/* Shared by both charts: the rig copies this file into each before it packages them. */}}

{{/* What a selector matches. Takes the workload: name. */}}
{{- define "rig.selector" -}}
app.kubernetes.io/name: {{ .workload.name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{/* Labels of every object of a workload. */}}
{{- define "rig.labels" -}}
{{ include "rig.selector" . }}
app.kubernetes.io/component: {{ .workload.component }}
app.kubernetes.io/part-of: rootcause
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{/* The pod template of a workload: name, component, image, port, env, resources, mount, and container where it is not the name. */}}
{{- define "rig.pod" -}}
{{- $outcomes := .root.Values.rig.outcomes -}}
{{- $own := printf "%s@%s" .workload.name .root.Chart.AppVersion -}}
{{- $outcome := index $outcomes $own | default (index $outcomes .workload.name) -}}
metadata:
  labels:
    {{- include "rig.labels" . | nindent 4 }}
    {{- with $outcome }}
    rig.rootcause.dev/outcome: {{ . }}
    {{- end }}
  {{- with .root.Values.rig.readyAfter }}
  annotations:
    rig.rootcause.dev/ready-after: {{ . | quote }}
  {{- end }}
spec:
  serviceAccountName: {{ .root.Chart.Name }}
  {{- with .root.Values.imagePullSecret }}
  imagePullSecrets:
  - name: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: 5
  containers:
  - name: {{ .workload.container | default .workload.name }}
    image: {{ .workload.image }}
    {{- with .workload.port }}
    ports:
    - name: main
      containerPort: {{ . }}
    {{- end }}
    {{- with .workload.env }}
    env:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .workload.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .workload.mount }}
    volumeMounts:
    - name: data
      mountPath: {{ . }}
    {{- end }}
{{- end -}}

{{/* A workload's Service; headless for a StatefulSet's. */}}
{{- define "rig.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .workload.name }}
  labels:
    {{- include "rig.labels" . | nindent 4 }}
spec:
  {{- if .workload.mount }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "rig.selector" . | nindent 4 }}
  ports:
  - name: main
    port: {{ .workload.port }}
    targetPort: main
{{- end -}}
