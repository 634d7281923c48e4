{{/* Pieces of the manifests, with the indentation of the one place where they stand: a pod's specification. */}}
{{ define "renji.strict" }}{{ template "renji.as" 10001 }}{{ end }}

{{/* As this user, whom the image must know if its program asks who it is. */}}
{{ define "renji.as" }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ . }}
        runAsGroup: {{ . }}
        fsGroup: {{ . }}
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

{{/* The release goes where the processes look for it; for all of them from one image. */}}
{{ define "renji.unpack" }}
        - name: release
          image: {{ .Values.image.release }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          command: [cp, -r, /app/release/., /var/lib/renji/]
          {{- template "renji.locked" . }}
          resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {memory: 128Mi}}
          volumeMounts:
            - {name: var, mountPath: /var/lib/renji}
{{- end }}

{{/* The setup job of the same revision makes them; a process without its tables would only fail. */}}
{{ define "renji.awaittables" }}
        - name: tables
          image: {{ .Values.image.switchboard }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          command: [python, -m, console.migrate, --wait]
          {{- template "renji.settings" . }}
          env:
            {{- template "renji.secrets" . }}
          resources: {requests: {cpu: 50m, memory: 128Mi}, limits: {memory: 256Mi}}
          {{- template "renji.locked" . }}
          {{- template "renji.mounts" . }}
{{- end }}
