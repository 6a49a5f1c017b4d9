{{/* The image of `platform` is in a registry that does not exist. */}}
{{- define "platform.image" -}}
{{ if eq .name "platform" }}registry.invalid{{ else }}registry.example{{ end }}/rootcause/{{ .name }}:{{ .root.Chart.AppVersion }}
{{- end -}}
