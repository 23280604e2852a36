import { KEEPER, type System } from "../../functions/kernel/system.ts";
import { type Files, GENERATED } from "./rendered.ts";
import { toScalar } from "./scalar.ts";
import { askedIn } from "./subscriptions.ts";

const FOLDER = "deploy/kubernetes/base/functions";

/** The objects of each function, and of what keeps dead letters. What all of them have is in patches that are written by hand, in the folder above. */
export function renderKubernetes(system: System<never>): Files {
  const names = system.functions.map(({ name }) => name);
  const asked = askedIn(system);
  return new Map([
    [`${FOLDER}/kustomization.yaml`, toKustomization([...names, KEEPER])],
    [`${FOLDER}/${KEEPER}.yaml`, `# ${GENERATED}\n${KEEPERS}`],
    ...names.map((name) => [`${FOLDER}/${name}.yaml`, toObjects(name, asked.includes(name))] as const),
  ]);
}

const toKustomization = (names: readonly string[]): string => `# ${GENERATED}
# The functions, each with settings of its own, so that one alone can be told more.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${names.map((name) => `  - ${name}.yaml\n`).join("")}configMapGenerator:
${names.map((name) => `  - name: ${toScalar(name)}\n    envs: [settings.env]\n`).join("")}`;

const toObjects = (name: string, isAsked: boolean): string =>
  `# ${GENERATED}\n${toWorkload(name, toScalar(name), isAsked)}${isAsked ? toEdge(toScalar(name)) : ""}`;

const toWorkload = (name: string, scalar: string, isAsked: boolean): string =>
  `# What is ${name}'s alone: everything that all functions share is in ../service.yaml${isAsked ? ", and in ../edge.yaml what all with an edge share" : ""}.
${toDeployment(name, { scalar, labels: isAsked ? '    edge: "true"\n' : "" })}---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${scalar}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${scalar}
  minReplicas: 1
  maxReplicas: 3
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${scalar}
spec:
  # Not minAvailable: 1, which a single replica makes a node that nobody can drain.
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: ${scalar}
`;

interface DeploymentOptions {
  readonly scalar: string;
  /** Further lines. */
  readonly labels?: string;
  readonly spec?: string;
}

const toDeployment = (name: string, { scalar, labels = "", spec = "" }: DeploymentOptions): string => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${scalar}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${scalar}
  labels:
    app.kubernetes.io/name: ${scalar}
    app.kubernetes.io/component: service
${labels}spec:
${spec}  selector:
    matchLabels: &labels
      app.kubernetes.io/name: ${scalar}
      app.kubernetes.io/component: service
  template:
    metadata:
      labels: *labels
      annotations:
        dapr.io/app-id: ${scalar}
    spec:
      serviceAccountName: ${scalar}
      containers:
        - name: app
          args: [/app/${name}.mjs]
          envFrom:
            - configMapRef:
                name: ${scalar}
      topologySpreadConstraints:
        - topologyKey: topology.kubernetes.io/zone
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: &mine
            matchLabels:
              app.kubernetes.io/name: ${scalar}
          matchLabelKeys: [pod-template-hash]
          nodeTaintsPolicy: Honor
        - topologyKey: kubernetes.io/hostname
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: *mine
          matchLabelKeys: [pod-template-hash]
          nodeTaintsPolicy: Honor
`;

const KEEPERS = `# What takes dead letters, so that people can see them: beside a sidecar, as every function is, and asked by kubectl port-forward
# alone. One pod is enough, and none is missed for a while: letters wait in their broker.
${toDeployment(KEEPER, { scalar: KEEPER, spec: "  replicas: 1\n" })}`;

const toEdge = (scalar: string): string => `---
# Nobody calls a function that has no edge: those have no Service.
apiVersion: v1
kind: Service
metadata:
  name: ${scalar}
  labels:
    app.kubernetes.io/name: ${scalar}
spec:
  selector:
    app.kubernetes.io/name: ${scalar}
  ports:
    - name: http
      port: 80
      targetPort: edge
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${scalar}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: ${scalar}
  policyTypes: [Ingress]
  ingress:
    # From anywhere: the edge. Event routes are on a port of their own, which only the sidecar reaches, inside the pod.
    - ports:
        - port: edge
`;
