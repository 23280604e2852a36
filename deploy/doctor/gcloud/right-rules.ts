import type { Check } from "./project.ts";

export const rightChecks: readonly Check[] = [
  {
    rule: {
      id: "gcloud-rights-to-everything",
      effect: "exposes",
      why: "who gets into one function, or errs in it, may read and change the whole project",
      source: 'IAM documentation, "Use IAM securely", "Least privilege": basic roles',
      fix: "grant the roles that it needs on the topics and the database that it needs",
    },
    find: ({ grants }) =>
      grants.flatMap((at) =>
        /^roles\/(owner|editor)$/.test(at.role) && isWorkload(at.member)
          ? [{ at, what: `${shortOf(at.member)} has ${at.role}` }]
          : [],
      ),
  },
  {
    rule: {
      id: "gcloud-database-rights",
      effect: "exposes",
      why: "without a condition that role is one over all databases of the project",
      source: 'Firestore documentation, "Create and manage databases", "Configure per-database access permissions"',
      fix: 'bind it with --condition="expression=resource.name==\\"projects/P/databases/D\\",title=D"',
    },
    find: ({ grants }) =>
      grants.flatMap((at) =>
        /^roles\/datastore\.(user|owner)$/.test(at.role) && !at.isConditional && isWorkload(at.member)
          ? [{ at, what: `${shortOf(at.member)} has ${at.role} without a condition` }]
          : [],
      ),
  },
  {
    rule: {
      id: "gcloud-default-account",
      effect: "exposes",
      why: "it runs as the project's default account, which all share that name no other, and which may be an editor of the project",
      source: 'Cloud Run functions documentation, "Function identity"; IAM documentation, "Default service accounts"',
      fix: "give it an account of its own with --run-service-account",
    },
    find: ({ functions }) =>
      functions.flatMap((at) =>
        at.account === undefined || /(-compute@developer|@appspot)\.gserviceaccount\.com$/.test(at.account)
          ? [{ at, path: ["serviceConfig", "serviceAccountEmail"], what: `${at.id} has no account of its own` }]
          : [],
      ),
  },
  {
    rule: {
      id: "gcloud-ledger-without-ttl",
      effect: "exposes",
      why: "what is kept of events, customers' data among it, stays for ever, and the database grows with each event",
      source: 'Firestore documentation, "Manage data retention with TTL policies"',
      fix: "gcloud firestore fields ttls update expires --collection-group=ledger --enable-ttl",
    },
    find: ({ databases, functions }) =>
      databases.flatMap((at) => {
        const isLedger = functions.some(({ variables }) => variables.FIRESTORE_DATABASE === at.id);
        return at.hasTtl || !isLedger ? [] : [{ at, what: `${at.id} has no TTL policy` }];
      }),
  },
];

/** An account that runs something, and none of Google's own services or of a person. */
const isWorkload = (member: string): boolean =>
  member.startsWith("serviceAccount:") &&
  !/@(cloudservices|[\w-]*gcp-sa-[\w-]+\.iam)\.gserviceaccount\.com$/.test(member);

const shortOf = (member: string): string => member.replace(/^\w+:/, "");
