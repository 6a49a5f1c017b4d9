{{/* The platform's workloads: what differs between them. */}}
{{- define "platform.workloads" -}}
platform:
  component: web
  port: 8080
  env:
  - name: PUBLIC_HOST
    value: {{ .Values.host | quote }}
  - name: AUTH_MODE
    value: {{ .Values.auth.mode }}
  - name: PLATFORM_ADMIN_EMAILS
    value: {{ join "," .Values.auth.platformAdminEmails | quote }}
  - name: SESSION_KEY
    valueFrom: { secretKeyRef: { name: platform-session, key: key } }
  - name: POSTGRES_PASSWORD
    valueFrom: { secretKeyRef: { name: postgres, key: password } }
  {{- with .Values.auth.oidc }}
  - name: OIDC_ISSUER
    value: {{ .issuer | quote }}
  - name: OIDC_CLIENT_ID
    value: {{ .clientId | quote }}
  - name: OIDC_CLIENT_SECRET
    valueFrom: { secretKeyRef: { name: {{ .clientSecretRef.name }}, key: {{ .clientSecretRef.key }} } }
  {{- end }}
dataService:
  component: data
  port: 8081
  env:
  - name: MONGODB_PASSWORD
    valueFrom: { secretKeyRef: { name: perceptura-mongo, key: password } }
mlJobs:
  component: worker
  env:
  - name: REDIS_PASSWORD
    valueFrom: { secretKeyRef: { name: redis, key: password } }
litellm:
  component: llm
  port: 4000
  env:
  - name: LITELLM_MASTER_KEY
    valueFrom: { secretKeyRef: { name: platform-session, key: litellm } }
{{- end -}}
