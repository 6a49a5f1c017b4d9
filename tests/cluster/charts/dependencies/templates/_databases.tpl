{{/* The databases: what differs between them. */}}
{{- define "dependencies.databases" -}}
postgres:
  component: database
  image: registry.example/library/postgres:16.4
  port: 5432
  replicas: 1
  mount: /var/lib/postgresql/data
  values: postgresql
perceptura-mongo:
  component: database
  container: mongo
  image: registry.example/library/mongo:7.0.14
  port: 27017
  replicas: {{ .Values.mongodb.members }}
  mount: /data/db
  values: mongodb
redis:
  component: queue
  image: registry.example/library/redis:7.4.1
  port: 6379
  replicas: 1
  mount: /data
  values: redis
{{- if .Values.postgresql.readReplicas }}
postgres-replica:
  component: database
  container: postgres
  image: registry.example/library/postgres:16.4
  port: 5432
  replicas: {{ .Values.postgresql.readReplicas }}
  mount: /var/lib/postgresql/data
  values: postgresql
  secret: postgres
{{- end }}
{{- end -}}
