// Generated from the catalog by `npm run database:generate`; change the migrations, not this file.
// What an answer holds is not told by it (every function answers Json): wire.ts judges that.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      command_receipts: {
        Row: {
          actor: string | null;
          command: string;
          created_at: string;
          id: string;
          partner_id: string;
          request_digest: string;
          response: NonNullable<Json>;
        };
        Insert: {
          actor?: string | null;
          command: string;
          created_at?: string;
          id: string;
          partner_id: string;
          request_digest: string;
          response: NonNullable<Json>;
        };
        Update: {
          actor?: string | null;
          command?: string;
          created_at?: string;
          id?: string;
          partner_id?: string;
          request_digest?: string;
          response?: NonNullable<Json>;
        };
        Relationships: [
          {
            foreignKeyName: 'command_receipts_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      credit_allocations: {
        Row: {
          actor: string | null;
          balance_after: number;
          balance_before: number;
          change_txid: unknown;
          corrects: string | null;
          created_at: string;
          credits: number;
          employee_email: string | null;
          expires_at: string | null;
          holder_email: string | null;
          id: string;
          kind: string;
          member_id: string | null;
          partner_id: string;
          reason: string | null;
          source: string;
          upload_id: string | null;
          upload_row: number | null;
        };
        Insert: {
          actor?: string | null;
          balance_after: number;
          balance_before: number;
          change_txid?: unknown;
          corrects?: string | null;
          created_at?: string;
          credits: number;
          employee_email?: string | null;
          expires_at?: string | null;
          holder_email?: string | null;
          id?: string;
          kind: string;
          member_id?: string | null;
          partner_id: string;
          reason?: string | null;
          source: string;
          upload_id?: string | null;
          upload_row?: number | null;
        };
        Update: {
          actor?: string | null;
          balance_after?: number;
          balance_before?: number;
          change_txid?: unknown;
          corrects?: string | null;
          created_at?: string;
          credits?: number;
          employee_email?: string | null;
          expires_at?: string | null;
          holder_email?: string | null;
          id?: string;
          kind?: string;
          member_id?: string | null;
          partner_id?: string;
          reason?: string | null;
          source?: string;
          upload_id?: string | null;
          upload_row?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'credit_allocations_corrects';
            columns: ['corrects'];
            referencedRelation: 'credit_allocations';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'credit_allocations_member';
            columns: ['member_id'];
            referencedRelation: 'partner_members';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'credit_allocations_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      member_upload_answers: {
        Row: {
          created_at: string;
          partner_id: string;
          request_digest: string;
          rows: NonNullable<Json>;
          upload_id: string;
        };
        Insert: {
          created_at?: string;
          partner_id: string;
          request_digest: string;
          rows: NonNullable<Json>;
          upload_id: string;
        };
        Update: {
          created_at?: string;
          partner_id?: string;
          request_digest?: string;
          rows?: NonNullable<Json>;
          upload_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'member_upload_answers_upload';
            columns: ['partner_id', 'upload_id'];
            referencedRelation: 'member_uploads';
            referencedColumns: ['partner_id', 'id'];
          },
        ];
      };
      member_upload_rows: {
        Row: {
          allocation_id: string | null;
          created_at: string;
          credits: number | null;
          credits_assigned: number | null;
          expires_at: string | null;
          field: string | null;
          member_id: string | null;
          outcome: string;
          partner_id: string;
          reason: string | null;
          request_digest: string;
          row_no: number;
          shortfall: number | null;
          upload_id: string;
        };
        Insert: {
          allocation_id?: string | null;
          created_at?: string;
          credits?: number | null;
          credits_assigned?: number | null;
          expires_at?: string | null;
          field?: string | null;
          member_id?: string | null;
          outcome: string;
          partner_id: string;
          reason?: string | null;
          request_digest: string;
          row_no: number;
          shortfall?: number | null;
          upload_id: string;
        };
        Update: {
          allocation_id?: string | null;
          created_at?: string;
          credits?: number | null;
          credits_assigned?: number | null;
          expires_at?: string | null;
          field?: string | null;
          member_id?: string | null;
          outcome?: string;
          partner_id?: string;
          reason?: string | null;
          request_digest?: string;
          row_no?: number;
          shortfall?: number | null;
          upload_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'member_upload_rows_upload';
            columns: ['partner_id', 'upload_id'];
            referencedRelation: 'member_uploads';
            referencedColumns: ['partner_id', 'id'];
          },
        ];
      };
      member_uploads: {
        Row: {
          actor: string | null;
          created_at: string;
          file_name: string;
          id: string;
          partner_id: string;
          staged_rows: number | null;
        };
        Insert: {
          actor?: string | null;
          created_at?: string;
          file_name: string;
          id: string;
          partner_id: string;
          staged_rows?: number | null;
        };
        Update: {
          actor?: string | null;
          created_at?: string;
          file_name?: string;
          id?: string;
          partner_id?: string;
          staged_rows?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'member_uploads_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      partner_credits: {
        Row: {
          allocation_id: string;
          created_at: string;
          employee_email: string;
          employee_name: string;
          expires_at: string;
          id: string;
          partner_id: string;
          status: string;
        };
        Insert: {
          allocation_id: string;
          created_at?: string;
          employee_email: string;
          employee_name?: string;
          expires_at: string;
          id?: string;
          partner_id: string;
          status?: string;
        };
        Update: {
          allocation_id?: string;
          created_at?: string;
          employee_email?: string;
          employee_name?: string;
          expires_at?: string;
          id?: string;
          partner_id?: string;
          status?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'partner_credits_allocation';
            columns: ['allocation_id'];
            referencedRelation: 'credit_allocations';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'partner_credits_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      partner_members: {
        Row: {
          change_txid: unknown;
          created_at: string;
          credits_assigned: number;
          email: string;
          first_name: string;
          id: string;
          partner_id: string;
          status: string;
          user_id: string | null;
        };
        Insert: {
          change_txid?: unknown;
          created_at?: string;
          credits_assigned?: number;
          email: string;
          first_name?: string;
          id?: string;
          partner_id: string;
          status?: string;
          user_id?: string | null;
        };
        Update: {
          change_txid?: unknown;
          created_at?: string;
          credits_assigned?: number;
          email?: string;
          first_name?: string;
          id?: string;
          partner_id?: string;
          status?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'partner_members_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'partner_members_user';
            columns: ['user_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      removed_members: {
        Row: {
          change_txid: unknown;
          member_id: string;
          partner_id: string;
          removed_at: string;
        };
        Insert: {
          change_txid?: unknown;
          member_id: string;
          partner_id: string;
          removed_at?: string;
        };
        Update: {
          change_txid?: unknown;
          member_id?: string;
          partner_id?: string;
          removed_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'removed_members_partner';
            columns: ['partner_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      sessions: {
        Row: {
          created_at: string;
          id: string;
          scheduled_at: string | null;
          status: string;
          user_id: string | null;
        };
        Insert: {
          created_at?: string;
          id?: string;
          scheduled_at?: string | null;
          status?: string;
          user_id?: string | null;
        };
        Update: {
          created_at?: string;
          id?: string;
          scheduled_at?: string | null;
          status?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: 'sessions_user';
            columns: ['user_id'];
            referencedRelation: 'users';
            referencedColumns: ['id'];
          },
        ];
      };
      staged_upload_rows: {
        Row: {
          credits: number;
          email: string | null;
          expires_at: string | null;
          field: string | null;
          first_name: string | null;
          partner_id: string;
          reason: string | null;
          request_digest: string;
          row_no: number;
          staged_at: string;
          upload_id: string;
          validity_days: number | null;
        };
        Insert: {
          credits: number;
          email?: string | null;
          expires_at?: string | null;
          field?: string | null;
          first_name?: string | null;
          partner_id: string;
          reason?: string | null;
          request_digest: string;
          row_no: number;
          staged_at?: string;
          upload_id: string;
          validity_days?: number | null;
        };
        Update: {
          credits?: number;
          email?: string | null;
          expires_at?: string | null;
          field?: string | null;
          first_name?: string | null;
          partner_id?: string;
          reason?: string | null;
          request_digest?: string;
          row_no?: number;
          staged_at?: string;
          upload_id?: string;
          validity_days?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'staged_upload_rows_upload';
            columns: ['partner_id', 'upload_id'];
            referencedRelation: 'member_uploads';
            referencedColumns: ['partner_id', 'id'];
          },
        ];
      };
      users: {
        Row: {
          created_at: string;
          credits: number;
          email: string;
          full_name: string;
          id: string;
          role: string;
        };
        Insert: {
          created_at?: string;
          credits?: number;
          email: string;
          full_name?: string;
          id: string;
          role?: string;
        };
        Update: {
          created_at?: string;
          credits?: number;
          email?: string;
          full_name?: string;
          id?: string;
          role?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      allocate_partner_credit: {
        Args: {
          p_credits_count: number;
          p_employee_email: string;
          p_employee_name: string;
          p_partner_id: string;
          p_validity_days?: number;
        };
        Returns: boolean;
      };
      assign_credits_to_members: {
        Args: {
          p_credits: number;
          p_member_ids: string[];
          p_note?: string;
          p_request_id: string;
          p_validity_days?: number;
        };
        Returns: Json;
      };
      assign_member_credits: {
        Args: {
          p_credits: number;
          p_member_id: string;
          p_note?: string;
          p_request_id: string;
          p_validity_days?: number;
        };
        Returns: Json;
      };
      command_outcomes: { Args: { p_request_ids: string[] }; Returns: Json };
      commit_member_upload: { Args: { p_upload_id: string }; Returns: Json };
      extend_member_credits: { Args: { p_days: number; p_member_id: string; p_request_id: string }; Returns: Json };
      list_member_uploads: { Args: { p_before?: string; p_id?: string; p_limit?: number }; Returns: Json };
      partner_bucket_entries: {
        Args: {
          p_after_allocation?: string;
          p_after_member?: string;
          p_allocations: number[];
          p_buckets: number;
          p_limit?: number;
          p_members: number[];
        };
        Returns: Json;
      };
      partner_changes: { Args: { p_cursor?: string; p_limit?: number }; Returns: Json };
      partner_dashboard: { Args: Record<PropertyKey, never>; Returns: Json };
      partner_digests: { Args: { p_buckets: number; p_first?: number; p_last?: number }; Returns: Json };
      partner_invariants: { Args: { p_partner_id?: string }; Returns: Json };
      revoke_member_credits: {
        Args: { p_credits: number; p_member_id: string; p_reason?: string; p_request_id: string };
        Returns: Json;
      };
      send_assignments: { Args: { p_commands: Json }; Returns: Json };
      set_member_status: { Args: { p_member_id: string; p_request_id: string; p_status: string }; Returns: Json };
      stage_member_upload: { Args: { p_file_name: string; p_rows: Json; p_upload_id: string }; Returns: Json };
      undo_member_upload: { Args: { p_reason?: string; p_request_id: string; p_upload_id: string }; Returns: Json };
      update_member: {
        Args: { p_email?: string; p_first_name?: string; p_member_id: string; p_request_id: string };
        Returns: Json;
      };
      upload_members: { Args: { p_file_name: string; p_rows: Json; p_upload_id: string }; Returns: Json };
      upload_outcomes: { Args: { p_first_row: number; p_id: string; p_last_row: number }; Returns: Json };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};
