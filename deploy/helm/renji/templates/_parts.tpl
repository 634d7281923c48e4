{{/* Pieces of the manifests, with the indentation of the one place where they stand: a pod's specification. */}}
{{ define "renji.strict" }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
{{- end }}

{{ define "renji.locked" }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
{{- end }}

{{ define "renji.settings" }}
          envFrom:
            - configMapRef: {name: {{ .Release.Name }}-settings}
{{- end }}

{{ define "renji.secrets" }}
            {{- range $name, $key := .Values.secretSettings }}
            - name: {{ $name }}
              valueFrom: {secretKeyRef: {name: {{ $.Values.existingSecret }}, key: {{ $key }}}}
            {{- end }}
{{- end }}

{{ define "renji.channels" }}
            {{- range $name, $key := .Values.channelSecrets }}
            - name: {{ $name }}
              valueFrom: {secretKeyRef: {name: {{ $.Values.existingSecret }}, key: {{ $key }}}}
            {{- end }}
{{- end }}

{{ define "renji.mounts" }}
          volumeMounts:
            - {name: var, mountPath: /var/lib/renji}
            - {name: secret, mountPath: /run/secrets/renji, readOnly: true}
            - {name: tmp, mountPath: /tmp}
{{- end }}

{{ define "renji.secretvolume" }}
        - name: secret
          secret:
            secretName: {{ .Values.existingSecret }}
            defaultMode: 0440
            items: [{key: secret, path: secret}]
{{- end }}

{{ define "renji.volumes" }}
      volumes:
        - name: var
          emptyDir: {}
        - name: tmp
          emptyDir: {}
        {{- template "renji.secretvolume" . }}
{{- end }}

{{/* The image's release goes where the processes look for it; the root is read-only. */}}
{{ define "renji.unpack" }}
          command: [cp, -r, /app/release/., /var/lib/renji/]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {memory: 128Mi}}
          volumeMounts:
            - {name: var, mountPath: /var/lib/renji}
{{- end }}
