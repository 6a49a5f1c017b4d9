{{/* Where a workload's image comes from. Nothing is ever pulled. */}}
{{- define "platform.image" -}}
registry.example/rootcause/{{ .name }}:{{ .root.Chart.AppVersion }}
{{- end -}}
